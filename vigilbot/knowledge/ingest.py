"""Documents and corpora into the knowledge base: again and again, only what has changed is embedded and written.

Entries are embedded in batches across documents, and a batch is written while the next is being embedded. A document
counts as done when its last batch is; an ingest that was killed continues where it stopped when it is started again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from vigilbot.errors import IngestError
from vigilbot.knowledge import corpus
from vigilbot.knowledge.chunking import CHUNKING, Chunker
from vigilbot.knowledge.planning import WHO, Plan, document_passages, row_passages
from vigilbot.knowledge.reading import pieces_of, read_bytes
from vigilbot.knowledge.report import IngestReport
from vigilbot.knowledge.sources import SourceFile, discover
from vigilbot.knowledge.texts import embedded_text
from vigilbot.models import EVERYONE
from vigilbot.storage import documents, entries
from vigilbot.storage.entries import Change

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    import aiosqlite
    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.knowledge.planning import Passage
    from vigilbot.models import Audience
    from vigilbot.storage.entries import NewVersion, Written

Follow = Callable[[int, int, str], None]
"""Told (done, total, label) after each step; the unit is a document, or a row of a corpus."""

BATCH = 256
"""Entries embedded and written together: enough to sort by length, little enough to lose in a crash."""

BUILTIN_PREFIX = "vigilbot/docs/"
"""Of the sources that come with vigilbot; files of an admin's own have an absolute path as location."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A source about to be read. The content hash of a document is known only once it is read: None."""

    source: SourceFile
    units: int
    content_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A document whose every passage stands in the same batch or an earlier one."""

    document_id: int
    content_hash: str
    gone: list[str]


@dataclass(slots=True)
class Batch:
    new: list[NewVersion] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    units: int = 0

    def take(self, other: Batch) -> None:
        self.new += other.new
        self.done += other.done
        self.units += other.units


async def ingest(
    knowledge: LocalKnowledge, paths: Sequence[Path], *, audience: Audience = EVERYONE, follow: Follow | None = None
) -> IngestReport:
    """Read files and folders into the knowledge base.

    Raises IngestError in one line that names file and line, before anything is written where that is possible;
    EmbeddingError and KnowledgeError as those parts do. What was written until then stays, and is not done again.
    """
    found = await asyncio.to_thread(discover, paths)
    return await _Ingest(knowledge, audience, follow or _silent).run(found)


async def ingest_builtin_docs(knowledge: LocalKnowledge) -> None:
    """vigilbot's own documentation, as long as the knowledge base holds nothing else, or held it before."""
    folder = Path(str(resources.files("vigilbot"))) / "docs"
    own = [
        SourceFile(path, BUILTIN_PREFIX + path.name, BUILTIN_PREFIX + path.name) for path in sorted(folder.glob("*.md"))
    ]
    known = {source.location for source in await knowledge.sources()}
    if not known or known & {source.location for source in own}:
        await _Ingest(knowledge, EVERYONE, _silent).run(own)


class _Ingest:
    def __init__(self, knowledge: LocalKnowledge, audience: Audience, follow: Follow) -> None:
        self._knowledge = knowledge
        self._audience = audience
        self._follow = follow
        self._report = IngestReport()
        self._units_done = 0
        self._units = 0

    async def run(self, sources: Sequence[SourceFile]) -> IngestReport:
        opened = await asyncio.to_thread(lambda: [_survey(source) for source in sources])
        self._units = sum(source.units for source in opened)
        self._follow(0, self._units, "Reading")
        writing: asyncio.Task[None] | None = None
        try:
            async for batch in self._batches(opened):
                texts = [embedded_text(item.shelf.kind, item.content) for item in batch.new]
                vectors = await self._knowledge.embedder.embed(texts)
                if writing:
                    await writing
                writing = asyncio.create_task(self._write(batch, vectors), name="ingest-write")
        finally:
            if writing:
                await writing
        await self._knowledge.settle()
        return self._report

    async def _batches(self, opened: Sequence[Opened]) -> AsyncIterator[Batch]:
        batch = Batch()
        for source in opened:
            try:
                async for portion in self._portions(source):
                    batch.take(portion)
                    if len(batch.new) >= BATCH:
                        yield batch
                        batch = Batch()
            except IngestError as fault:
                if source.source.named:
                    raise
                self._report.skip(source.source.name, str(fault))
                batch.units += source.units
        if batch.new or batch.done:
            yield batch

    async def _portions(self, opened: Opened) -> AsyncIterator[Batch]:
        """What has to be written for one source, at most BATCH entries at a time."""
        source = opened.source
        content, content_hash = b"", opened.content_hash
        if content_hash is None:
            content = await asyncio.to_thread(read_bytes, source.path)
            content_hash = _hash(content)
        self._report.files += 1
        db, known = self._knowledge.db, await documents.find(self._knowledge.db, source.location, self._audience)
        if known and known.content_hash == content_hash:
            stored = await entries.of_document(db, known.id)
            self._report.unchanged += sum(entry.status != "retired" for entry in stored.values())
            yield Batch(units=opened.units)
            return
        passages = await asyncio.to_thread(self._passages, source, content)
        plan = await self._plan(source)
        units = opened.units if not source.is_corpus else 0
        while block := await asyncio.to_thread(lambda: list(islice(passages, BATCH))):
            new = [version for passage in block if (version := plan.step(passage))]
            yield Batch(new, units=len(block) if source.is_corpus else 0)
        self._report.unchanged += plan.unchanged
        for passage in plan.repeated:
            self._report.skip(f"{source.name}, {passage.origin}", f"its id {passage.key!r} has come before")
        yield Batch(done=[Done(plan.document_id, content_hash, plan.gone())], units=units)

    def _passages(self, source: SourceFile, content: bytes) -> Iterator[Passage]:
        if source.is_corpus:
            return row_passages(corpus.rows(source.path, source.name), self._chunker)
        return document_passages(pieces_of(content, source.path, self._chunker), source.name)

    @cached_property
    def _chunker(self) -> Chunker:
        return Chunker()

    async def _plan(self, source: SourceFile) -> Plan:
        db, now = self._knowledge.db, self._knowledge.clock.now()
        async with db.transaction() as tx:
            document_id = await documents.begin(tx, source.location, self._audience, source.name, now)
        known = await entries.of_document(db, document_id)
        return Plan(document_id, source.location, self._audience, known)

    async def _write(self, batch: Batch, vectors: NDArray[np.float32]) -> None:
        by = Change(WHO, "the document says so now", self._knowledge.clock.now())

        async def finish(tx: aiosqlite.Connection, _written: list[Written]) -> list[Written]:
            for done in batch.done:
                await documents.finish(tx, done.document_id, done.content_hash, by.at)
            gone = [id_ for done in batch.done for id_ in done.gone]
            return await entries.retire(tx, gone, replace(by, why="no longer in the document"))

        for written in await self._knowledge.write(batch.new, vectors, by, finish):
            if written.status == "retired":
                self._report.retired += 1
            elif written.replaced:
                self._report.replaced += 1
            else:
                self._report.added += 1
        self._units_done = min(self._units_done + batch.units, self._units)
        self._follow(self._units_done, self._units, "Reading")


def _survey(source: SourceFile) -> Opened:
    """Corpora are read once before anything is written: a broken line leaves nothing half done."""
    if not source.is_corpus:
        return Opened(source, units=1)
    found = corpus.survey(source.path)
    return Opened(source, found.rows, f"{CHUNKING}-{found.content_hash}")


def _hash(content: bytes) -> str:
    return f"{CHUNKING}-{hashlib.blake2b(content, digest_size=16).hexdigest()}"


def _silent(done: int, total: int, label: str) -> None:
    """Nobody follows."""
