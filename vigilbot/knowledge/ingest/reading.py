"""A source's bytes, wherever it lies. Every fault is an IngestError of one line that names it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vigilbot.errors import FetchError, IngestError
from vigilbot.knowledge.parsing.kinds import MOST_BYTES, kind_of
from vigilbot.knowledge.parsing.parsers import too_large

if TYPE_CHECKING:
    from vigilbot.knowledge.ingest.sources import Source
    from vigilbot.safety.fetching.door import FetchDoor


class Raw(NamedTuple):
    """What a source gave, unread."""

    content: bytes
    mimetype: str
    """With its charset, as a web server says it; empty for files."""


async def raw(source: Source, door: FetchDoor | None) -> Raw:
    """Raises IngestError."""
    if source.stray:
        raise IngestError(f"{source.name}: leads out of the folder, so it is not read; name the file itself to have it")
    if isinstance(source.place, Path):
        return Raw(await asyncio.to_thread(_file, source.place), "")
    if door is None:
        raise IngestError(f"{source.name}: pages are not read here")
    try:
        page = await door.get(source.place)
    except FetchError as error:
        raise IngestError(str(error)) from None
    return Raw(page.content, f"{page.mimetype}; charset={page.charset}" if page.charset else page.mimetype)


def _file(path: Path) -> bytes:
    kind = kind_of(path.name)
    if kind is None:
        raise IngestError(f"{path}: not a kind of file that can be read")
    try:
        size = path.stat().st_size
        if size > MOST_BYTES[kind]:
            raise too_large(str(path), kind, size)
        return path.read_bytes()
    except OSError as error:
        raise IngestError(f"{path}: cannot be read ({error.strerror or error})") from None
