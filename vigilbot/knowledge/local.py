"""The knowledge base of one data folder: SQLite is the truth, the vector index follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, get_args

from vigilbot.clock import WallClock
from vigilbot.errors import KnowledgeError, VigilError
from vigilbot.knowledge.exact import ExactIndex
from vigilbot.knowledge.index import VectorIndex
from vigilbot.knowledge.lacking import embed_lacking, folder_name, former_embedder
from vigilbot.knowledge.rebuild import rebuild
from vigilbot.knowledge.texts import embedded_text, normalised
from vigilbot.models import EntryKind, Reference
from vigilbot.storage import documents, entries
from vigilbot.storage.entries import Shelf

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import aiosqlite
    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.clock import Clock
    from vigilbot.embedding.base import Embedder
    from vigilbot.knowledge.index import Hits
    from vigilbot.models import Audience, Entry, Question
    from vigilbot.storage.database import Database
    from vigilbot.storage.documents import SourceCount
    from vigilbot.storage.entries import Change, NewVersion, PastVersion, Ref, Written

Finish = Callable[["aiosqlite.Connection", "list[Written]"], Awaitable["list[Written]"]]
"""Told what was written, within the transaction; returns what it has written itself."""

READY_SECONDS = 60.0
SPARE = 5
"""Hits asked for beyond the limit: some may have been retired since the index was written."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What questions are searched with. Vectors of one embedder and an index of another never meet: both change as one.

    Whoever embeds and then searches takes it once and uses both from it.
    """

    embedder: Embedder
    index: VectorIndex | ExactIndex


class LocalKnowledge:
    """Implements KnowledgeBase. Search and writes wait until `open` has brought the index in line."""

    def __init__(self, db: Database, embedder: Embedder, folder: Path | None, clock: Clock | None = None) -> None:
        """`folder` is the index's own: it is emptied and made again whenever it turns out to be damaged.

        None: a running bot keeps the index and follows the database; search here reads the stored vectors.
        """
        self.db = db
        self.configured = embedder
        """The embedder of VIGIL_EMBEDDING_MODEL; another one serves until that has seen every entry."""
        self.clock = clock or WallClock()
        self.folder = folder
        self.serving = self.prepared(embedder)
        self._opened = asyncio.Event()
        self._failure: VigilError | None = None

    @property
    def embedder(self) -> Embedder:
        """The one that serves now."""
        return self.serving.embedder

    @property
    def _index(self) -> VectorIndex | ExactIndex:
        return self.serving.index

    def prepared(self, embedder: Embedder) -> Serving:
        """This embedder with its index, not yet open. Each embedder's index has a folder of its own."""
        if self.folder is None:
            return Serving(embedder, ExactIndex(self.db, embedder.name))
        return Serving(embedder, VectorIndex(self.folder / folder_name(embedder.name), embedder.name))

    async def open(self, *, embed_later: bool = False) -> None:
        """Open the index, check it, and rebuild what is missing; seconds at most, unless it has to be rebuilt.

        Entries that the configured embedder has not seen are embedded first; with `embed_later` they are left to
        `Reembedding`, and until it is done the embedder that has seen them serves, if it can still be loaded.
        Raises KnowledgeError, or EmbeddingError; so does then every search.
        """
        try:
            if embed_later and (former := await former_embedder(self.db, self.configured)):
                self.serving = self.prepared(former)
            elif not embed_later:
                await embed_lacking(self.db, self.configured)
            await self.serving.index.open()
            if isinstance(self.serving.index, VectorIndex):
                await rebuild(self.db, self.serving.index, self.serving.embedder.name)
        except VigilError as error:
            self._failure = error
            raise
        finally:
            self._opened.set()

    @property
    def loading(self) -> str:
        """What is still under way, in words for a person; empty once questions can be answered."""
        return "" if self._opened.is_set() else "opening the knowledge index"

    async def close(self) -> None:
        """Close the index, and the embedder that served in place of the configured one; the rest belongs to others."""
        await self.serving.index.close()
        if self.serving.embedder is not self.configured:
            await self.serving.embedder.close()

    async def search(self, question: Question, *, audiences: frozenset[Audience], limit: int) -> list[Reference]:
        """Nearest active entries by cosine, for the question and each sub-question in turn."""
        wordings = (question.text, *question.sub_questions, *question.variants)
        texts = list(dict.fromkeys(normalised(wording) for wording in wordings))
        await self._ready()
        serving = self.serving
        vectors = await serving.embedder.embed(texts)
        shelves = [Shelf(kind, audience) for kind in get_args(EntryKind) for audience in sorted(audiences)]
        rankings = await serving.index.nearest(shelves, vectors, limit + SPARE)
        cosines = _best_in_turn(rankings)
        # Once more from the truth: the index may lag behind by the change of a moment ago.
        known = await entries.active(self.db, [ref.entry_id for ref in cosines], audiences)
        current = [(known[ref.entry_id], cosine) for ref, cosine in cosines.items() if _is_current(ref, known)]
        return sorted((_reference(*hit) for hit in current[:limit]), key=lambda reference: -reference.score)

    async def get(self, entry_id: str) -> Entry:
        return await entries.get(self.db, entry_id)

    async def history(self, entry_id: str) -> list[PastVersion]:
        """Every version of an entry, newest first."""
        return await entries.history(self.db, entry_id)

    async def count(self) -> int:
        return await entries.count_active(self.db)

    async def sources(self) -> list[SourceCount]:
        """Every ingested document with its number of active entries, largest first."""
        return await documents.counts(self.db)

    async def nearest_pairs(self, question: str, audience: Audience, limit: int) -> list[Entry]:
        """The learnt pairs of one audience whose questions are nearest to this one, nearest first."""
        await self._ready()
        serving = self.serving
        vectors = await serving.embedder.embed([normalised(question)])
        [hits] = await serving.index.nearest([Shelf("qa", audience)], vectors, limit)
        ids = [ref.entry_id for ref, _ in hits]
        known, learnt = await entries.active(self.db, ids, frozenset({audience})), await entries.learnt(self.db, ids)
        return [known[id_] for id_ in ids if id_ in known and id_ in learnt]

    async def put(self, new: Sequence[NewVersion], by: Change, finish: Finish | None = None) -> list[Written]:
        """Embed and store entries, or next versions of known ones. Raises EmbeddingError, KnowledgeError."""
        vectors = await self.embedder.embed([embedded_text(item.shelf.kind, item.content) for item in new])
        return await self.write(new, vectors, by, finish)

    async def write(
        self,
        new: Sequence[NewVersion],
        vectors: NDArray[np.float32],
        by: Change,
        finish: Finish | None = None,
    ) -> list[Written]:
        """Store new versions with their vectors, then index them. `finish` writes more in the same transaction.

        Raises KnowledgeError when the index fails; the entries are stored then, and indexed at the next start.
        """
        await self._ready()
        async with self.db.transaction() as tx:
            written = await entries.write(tx, new, vectors, self.embedder.name, by)
            also = await finish(tx, written) if finish else []
        await self._index_new(written, vectors)
        await self._index_without(written + also)
        return written + also

    async def retire(self, ids: Sequence[str], by: Change) -> list[Written]:
        """Take entries out of use. Raises KnowledgeError."""
        await self._ready()
        async with self.db.transaction() as tx:
            written = await entries.retire(tx, ids, by)
        await self._index_without(written)
        return written

    async def settle(self) -> None:
        """A bulk of writes is over: secure the index files against silent damage."""
        await self._index.settle()

    async def _ready(self) -> None:
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._opened.wait()
        except TimeoutError:
            raise KnowledgeError("the knowledge index is still being rebuilt; ask again later") from None
        if self._failure:
            raise self._failure

    async def _index_new(self, written: Sequence[Written], vectors: NDArray[np.float32]) -> None:
        for shelf in {item.shelf for item in written}:
            rows = [row for row, item in enumerate(written) if item.shelf == shelf and item.status == "active"]
            if rows:
                await self._index.add(shelf, [written[row].ref for row in rows], vectors[rows])

    async def _index_without(self, written: Sequence[Written]) -> None:
        """Take out the versions that `written` replaced."""
        for shelf in {item.shelf for item in written}:
            gone = [
                item.ref._replace(version=item.replaced) for item in written if item.shelf == shelf and item.replaced
            ]
            await self._index.remove(shelf, gone)


def _best_in_turn(rankings: Sequence[Hits]) -> dict[Ref, float]:
    """Each version once with its best cosine; every ranking's first comes before any ranking's second.

    So a sub-question is never crowded out by one whose passages happen to lie closer.
    """
    best: dict[Ref, float] = {}
    for hit in chain.from_iterable(zip_longest(*rankings)):
        if hit is not None:
            ref, cosine = hit
            best[ref] = max(cosine, best.get(ref, cosine))
    return best


def _is_current(ref: Ref, known: dict[str, Entry]) -> bool:
    return ref.entry_id in known and known[ref.entry_id].version == ref.version


def _reference(entry: Entry, cosine: float) -> Reference:
    return Reference(
        entry_id=entry.id,
        version=entry.version,
        kind=entry.kind,
        title=entry.title,
        text=entry.text,
        source=entry.source,
        score=round(cosine, 4),
        scores={"dense": round(cosine, 4)},
        question=entry.question,
    )
