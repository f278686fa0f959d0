"""Documents read and cut ahead of the embedding, a few at a time, in the order in which they were named."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from vigilbot.errors import IngestError
from vigilbot.knowledge.ingest.chunking import CHUNKING, Chunker
from vigilbot.knowledge.ingest.planning import document_passages
from vigilbot.knowledge.ingest.reading import raw
from vigilbot.knowledge.parsing.parsers import PATIENT, Parsers
from vigilbot.safety.redaction.redact import without_secrets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from types import TracebackType

    from vigilbot.knowledge.ingest.chunking import Piece
    from vigilbot.knowledge.ingest.corpus import Survey
    from vigilbot.knowledge.ingest.planning import Passage
    from vigilbot.knowledge.ingest.sources import Source
    from vigilbot.knowledge.parsing.parsers import Parsed
    from vigilbot.safety.fetching.door import FetchDoor

AHEAD = 4


@dataclass(frozen=True, slots=True)
class Read:
    """A source that was read. `passages` is empty for a corpus, which is read row by row, and when `unchanged`."""

    content_hash: str
    """Of the content and of how it is cut."""
    unchanged: bool
    rows: int = 0
    """Of a corpus."""
    passages: tuple[Passage, ...] = ()


class Ahead:
    """Iterate over it for (source, what was read or why it could not be); leaving the context stops the reading."""

    def __init__(
        self,
        sources: Sequence[Source],
        surveyed: Mapping[Source, Survey],
        known: Mapping[str, str],
        door: FetchDoor | None,
    ) -> None:
        """`known` are the content hashes of documents that were ingested before, by location."""
        self._sources = sources
        self._surveyed = surveyed
        self._known = known
        self._door = door
        self._parsers = Parsers(PATIENT)
        self._tasks: deque[tuple[Source, asyncio.Task[Read | IngestError]]] = deque()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, task in self._tasks:
            task.cancel()
        await asyncio.gather(*(task for _, task in self._tasks), return_exceptions=True)
        await self._parsers.close()

    async def __aiter__(self) -> AsyncIterator[tuple[Source, Read | IngestError]]:
        for source in self._sources:
            self._tasks.append((source, asyncio.create_task(self._outcome(source), name="ingest-read")))
            if len(self._tasks) == AHEAD:
                yield await self._first()
        while self._tasks:
            yield await self._first()

    @cached_property
    def chunker(self) -> Chunker:
        return Chunker()

    def _cut(self, parsed: Parsed) -> list[Piece]:
        """Secrets are taken out first, so that none is cut in two and passes for none."""
        cut = self.chunker.markdown if parsed.markdown else self.chunker.plain
        return cut(without_secrets(parsed.text), without_secrets(parsed.title))

    async def _first(self) -> tuple[Source, Read | IngestError]:
        source, task = self._tasks[0]
        outcome = await task
        self._tasks.popleft()
        return source, outcome

    async def _outcome(self, source: Source) -> Read | IngestError:
        try:
            return await self._read(source)
        except IngestError as fault:
            return fault

    async def _read(self, source: Source) -> Read:
        if survey := self._surveyed.get(source):
            content_hash = f"{CHUNKING}-{survey.content_hash}"
            return Read(content_hash, self._known.get(source.location) == content_hash, survey.rows)
        content, mimetype = await raw(source, self._door)
        content_hash = f"{CHUNKING}-{hashlib.blake2b(content, digest_size=16).hexdigest()}"
        if self._known.get(source.location) == content_hash:
            return Read(content_hash, unchanged=True)
        parsed = await self._parsers.text_of(content, str(source.place), mimetype)
        pieces = await asyncio.to_thread(self._cut, parsed)
        if not pieces:
            raise IngestError(f"{source.place}: holds no text")
        return Read(content_hash, unchanged=False, passages=tuple(document_passages(pieces, source.name)))
