"""Documents and corpora into the knowledge base: again and again, only what has changed is embedded and written.

Entries are embedded in batches across documents, and a batch is written while the next is being embedded. A document
counts as done when its last batch is; an ingest that was killed continues where it stopped when it is started again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from vigilbot.embedding.base import embed_tokens
from vigilbot.errors import IngestError
from vigilbot.knowledge.ingest import corpus
from vigilbot.knowledge.ingest.documents import Ahead, Read
from vigilbot.knowledge.ingest.planning import WHO, Plan, row_passages
from vigilbot.knowledge.ingest.pruning import prune
from vigilbot.knowledge.ingest.report import IngestReport
from vigilbot.knowledge.ingest.sources import Source, discover, roots
from vigilbot.knowledge.texts import embedded_text
from vigilbot.models import EVERYONE
from vigilbot.storage import documents, entries
from vigilbot.storage.entries import Change

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import aiosqlite

    from vigilbot.embedding.base import Embedded
    from vigilbot.knowledge.local import LocalKnowledge, Serving
    from vigilbot.models import Audience
    from vigilbot.safety.fetching.door import FetchDoor
    from vigilbot.storage.entries import NewVersion, Written

Follow = Callable[[int, int, str], None]
"""Told (done, total, label) after each step; the unit is a document, or a row of a corpus."""

BATCH = 256
"""Entries embedded and written together: enough to sort by length, little enough to lose in a crash."""

MOST_DONE = 1000
"""Unchanged documents after which progress is told although there is nothing to write."""

BUILTIN_PREFIX = "vigilbot/docs/"
"""Of the sources that come with vigilbot; files of an admin's own have an absolute path as location."""


@dataclass(frozen=True, slots=True)
class Done:
    """A document whose every passage stands in the same batch or an earlier one."""

    document_id: int
    content_hash: str
    gone: list[str]


@dataclass(slots=True)
class Batch:
    """Entries that are embedded and written together, and the documents that end among them."""

    new: list[NewVersion] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    units: int = 0

    def take(self, other: Batch) -> None:
        self.new += other.new
        self.done += other.done
        self.units += other.units

    @property
    def full(self) -> bool:
        return len(self.new) >= BATCH or self.units >= MOST_DONE


async def ingest(
    knowledge: LocalKnowledge,
    places: Sequence[Path | str],
    *,
    audience: Audience = EVERYONE,
    follow: Follow | None = None,
    door: FetchDoor | None = None,
    pruning: bool = False,
) -> IngestReport:
    """Read files, folders and, through the door, pages (http and https URLs) into the knowledge base.

    With `pruning`, entries of files that have gone from the folders are retired afterwards.
    Raises IngestError in one line that names file and line, before anything is written where that is possible;
    EmbeddingError and KnowledgeError as those parts do. What was written until then stays, and is not done again.
    """
    found = await asyncio.to_thread(discover, places)
    report = await _Ingest(knowledge, audience, follow or _silent, door).run(found)
    if pruning:
        folders = await asyncio.to_thread(roots, places)
        await prune(knowledge, folders, {source.location for source in found}, audience, report)
        await knowledge.settle()
    return report


async def ingest_builtin_docs(knowledge: LocalKnowledge) -> None:
    """vigilbot's own documentation, as long as the knowledge base holds nothing else, or held it before."""
    folder = Path(str(resources.files("vigilbot"))) / "docs"
    own = [Source(path, BUILTIN_PREFIX + path.name, BUILTIN_PREFIX + path.name) for path in sorted(folder.glob("*.md"))]
    known = {source.location for source in await knowledge.sources()}
    if not known or known & {source.location for source in own}:
        await _Ingest(knowledge, EVERYONE, _silent, None).run(own)


class _Ingest:
    def __init__(self, knowledge: LocalKnowledge, audience: Audience, follow: Follow, door: FetchDoor | None) -> None:
        self._knowledge = knowledge
        self._audience = audience
        self._follow = follow
        self._door = door
        self._report = IngestReport()
        self._units_done = 0
        self._units = 0

    async def run(self, sources: Sequence[Source]) -> IngestReport:
        surveyed, broken = await asyncio.to_thread(_survey, sources, self._audience)
        for source, fault in broken.items():
            self._report.skip(source.name, source.fault(fault))
        sources = [source for source in sources if source not in broken]
        self._units = sum(surveyed[source].rows if source in surveyed else 1 for source in sources)
        self._follow(0, self._units, "Reading")
        writing: asyncio.Task[None] | None = None
        known = await documents.hashes(self._knowledge.db, self._audience)
        async with Ahead(sources, surveyed, known, self._door) as reading:
            try:
                async for batch in self._batches(reading):
                    texts = [embedded_text(item.shelf.kind, item.content) for item in batch.new]
                    serving = self._knowledge.serving
                    embedded = await embed_tokens(serving.embedder, texts)
                    if writing:
                        await writing
                    writing = asyncio.create_task(self._write(batch, embedded, serving), name="ingest-write")
            finally:
                if writing:
                    await writing
        await self._knowledge.settle()
        return self._report

    async def _batches(self, reading: Ahead) -> AsyncIterator[Batch]:
        batch = Batch()
        async for source, outcome in reading:
            if isinstance(outcome, IngestError):
                if source.named:
                    raise outcome
                self._report.skip(source.name, source.fault(outcome))
                batch.units += 1
                continue
            async for portion in self._portions(source, outcome, reading):
                batch.take(portion)
                if batch.full:
                    yield batch
                    batch = Batch()
        if batch.new or batch.done or batch.units:
            yield batch

    async def _portions(self, source: Source, read: Read, reading: Ahead) -> AsyncIterator[Batch]:
        """What has to be written for one source, at most BATCH entries at a time."""
        self._report.files += 1
        units = read.rows or 1
        if read.unchanged:
            self._report.unchanged += await documents.entries_in_use(
                self._knowledge.db, source.location, self._audience
            )
            yield Batch(units=units)
            return
        plan = await self._plan(source)
        file = source.corpus_file
        passages = (
            iter(read.passages) if file is None else row_passages(corpus.rows(file, source.name), reading.chunker)
        )
        while block := await asyncio.to_thread(lambda: list(islice(passages, BATCH))):
            new = [version for passage in block if (version := plan.step(passage))]
            yield Batch(new, units=len(block) if file else 0)
        self._report.unchanged += plan.unchanged
        for passage in plan.repeated:
            self._report.skip(f"{source.name}, {passage.origin}", f"its id {passage.key!r} has come before")
        yield Batch(done=[Done(plan.document_id, read.content_hash, plan.gone())], units=0 if file else 1)

    async def _plan(self, source: Source) -> Plan:
        db, now = self._knowledge.db, self._knowledge.clock.now()
        async with db.transaction() as tx:
            document_id = await documents.begin(tx, source.location, self._audience, source.name, now)
        known = await entries.of_document(db, document_id)
        return Plan(document_id, source.location, self._audience, known)

    async def _write(self, batch: Batch, embedded: Embedded, serving: Serving) -> None:
        by = Change(WHO, "the document says so now", self._knowledge.clock.now())

        async def finish(tx: aiosqlite.Connection, _written: list[Written]) -> list[Written]:
            for done in batch.done:
                await documents.finish(tx, done.document_id, done.content_hash, by.at)
            gone = [id_ for done in batch.done for id_ in done.gone]
            return await entries.retire(tx, gone, replace(by, why="no longer in the document"))

        for written in await self._knowledge.write(batch.new, embedded, serving, by, finish):
            if written.status == "retired":
                self._report.retired += 1
            elif written.replaced:
                self._report.replaced += 1
            else:
                self._report.added += 1
        self._units_done = min(self._units_done + batch.units, self._units)
        self._follow(self._units_done, self._units, "Reading")


def _survey(
    sources: Sequence[Source], audience: Audience
) -> tuple[dict[Source, corpus.Survey], dict[Source, IngestError]]:
    """Corpora are read once before anything is written: a broken line leaves nothing half done.

    Those of a folder that are broken are given back as such. Raises IngestError for one that was named.
    """
    surveyed: dict[Source, corpus.Survey] = {}
    broken: dict[Source, IngestError] = {}
    for source in sources:
        if not source.corpus_file:
            continue
        try:
            surveyed[source] = corpus.survey(source.corpus_file, audience)
        except IngestError as error:
            if source.named:
                raise
            broken[source] = error
    return surveyed, broken


def _silent(done: int, total: int, label: str) -> None:
    """Nobody follows."""
