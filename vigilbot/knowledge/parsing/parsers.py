"""The one way from a document's bytes to its text, wherever the bytes came from: a file, a web page, an attachment."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Self

from vigilbot.errors import IngestError
from vigilbot.knowledge.parsing import wire
from vigilbot.knowledge.parsing.decoding import charset_of_page, decoded
from vigilbot.knowledge.parsing.kinds import MOST_BYTES, Kind, kind_of
from vigilbot.knowledge.parsing.reader import Reader, TimeLimit
from vigilbot.knowledge.texts import normalised

if TYPE_CHECKING:
    from types import TracebackType

UNTRUSTED = TimeLimit(seconds=5.0)
"""For what strangers send: text or a fault within 5 s."""

PATIENT = TimeLimit(seconds=5.0, per_page=0.25, most=120.0)
"""For what an admin hands over: a long manual may take its time as long as its pages give text."""

READERS = 2
WORN_BYTES = 8 * 1024**2
"""Of documents that one child reads before a new one takes its place: parsers leak, and memory falls to pieces."""

CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
TAGS: dict[Kind, bytes] = {"html": wire.HTML, "pdf": wire.PDF, "docx": wire.DOCX}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a document says."""

    title: str
    """Its own, or its name without the ending."""
    text: str
    markdown: bool
    """Whether `text` is Markdown; plain text otherwise."""


class Parsers:
    """Reads documents; PDF, Word and HTML in at most READERS warm child processes, started when first needed.

    Use it as a context manager, or `close` it: children are ended then.
    """

    def __init__(self, limit: TimeLimit = UNTRUSTED) -> None:
        self._limit = limit
        self._turns = asyncio.Semaphore(READERS)
        self._idle: list[Reader] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the children."""
        while self._idle:
            await self._idle.pop().end()

    async def text_of(self, content: bytes, name: str, mimetype: str | None = None) -> Parsed:
        """The document's text, normalised. `name` is a file name or address; it leads every error message.

        Raises IngestError in one line.
        """
        kind = kind_of(name, mimetype)
        if kind is None:
            raise IngestError(f"{name}: not a kind of document that can be read")
        if len(content) > MOST_BYTES[kind]:
            raise too_large(name, kind, len(content))
        try:
            title, text = await self._read(kind, content, mimetype or "")
        except ValueError as fault:
            raise IngestError(f"{name}: {fault}") from None
        title = " ".join(normalised(title).split())
        return Parsed(title or PurePath(name).stem, normalised(text), markdown=kind != "plain")

    async def _read(self, kind: Kind, content: bytes, mimetype: str) -> tuple[str, str]:
        """(title, text). Raises ValueError in words for a person."""
        declared = found[1] if (found := CHARSET.search(mimetype)) else ""
        if kind not in TAGS:
            return "", await asyncio.to_thread(decoded, content, declared)
        if kind == "html":
            html = await asyncio.to_thread(decoded, content, declared or charset_of_page(content))
            content = html.encode("utf-8", "replace")
        async with self._turns:
            reader = self._idle.pop() if self._idle else await Reader.start()
            try:
                return await reader.read(TAGS[kind], content, self._limit)
            finally:
                await self._put_back(reader)

    async def _put_back(self, reader: Reader) -> None:
        if reader.bytes_read < WORN_BYTES and not reader.dead:
            self._idle.append(reader)
        else:
            await reader.end()


def too_large(name: str, kind: Kind, size: int) -> IngestError:
    return IngestError(
        f"{name}: too large ({size / 2**20:.0f} MB, the limit is {MOST_BYTES[kind] // 2**20} MB); split it"
    )
