"""The knowledge base of one data folder: SQLite is the truth, the vector index follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.embedding.base import Embedded, embed_tokens
from vigilbot.embedding.tokenvectors import packed
from vigilbot.errors import KnowledgeError, VigilError
from vigilbot.knowledge.index.base import VectorIndex
from vigilbot.knowledge.index.embedded import FolderIndex
from vigilbot.knowledge.index.exact import ExactIndex
from vigilbot.knowledge.index.lacking import embed_lacking, folder_name, former_embedder
from vigilbot.knowledge.index.rebuild import rebuild
from vigilbot.knowledge.index.served import ServerIndex
from vigilbot.knowledge.rerank.late import LateInteraction
from vigilbot.knowledge.search import Search
from vigilbot.knowledge.texts import asked_text, embedded_text
from vigilbot.knowledge.tuned.serving import TunedModels
from vigilbot.knowledge.tuned.tuning import UNTUNED
from vigilbot.runtime.clock import WallClock
from vigilbot.storage import documents, entries
from vigilbot.storage import tokens as token_vectors
from vigilbot.storage.entries import Shelf
from vigilbot.storage.lexical import LexicalReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    import aiosqlite
    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder
    from vigilbot.knowledge.index.chroma import Server
    from vigilbot.knowledge.rerank.base import Reranker
    from vigilbot.knowledge.tuned.tuning import Tuning
    from vigilbot.models import Audience, Entry, Question, Reference
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database
    from vigilbot.storage.documents import SourceCount
    from vigilbot.storage.entries import Change, NewVersion, PastVersion, Written

Finish = Callable[["aiosqlite.Connection", "list[Written]"], Awaitable["list[Written]"]]
"""Told what was written, within the transaction; returns what it has written itself."""

READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Serving:
    """What questions are searched with. Vectors of one embedder and an index of another never meet: both change as one.

    Whoever embeds and then searches takes it once and uses both from it.
    """

    embedder: Embedder
    index: VectorIndex | ExactIndex


class LocalKnowledge:
    """Implements KnowledgeBase. Search and writes wait until `open` has brought the index in line."""

    def __init__(
        self,
        db: Database,
        embedder: Embedder,
        folder: Path | None,
        clock: Clock | None = None,
        server: Server | None = None,
        reranker: Reranker | None = None,
        *,
        reranks: bool = True,
    ) -> None:
        """`folder` is the index's own: it is emptied and made again whenever it turns out to be damaged.

        None: a running bot keeps the index and follows the database; search here reads the stored vectors.
        With `server` the index is there, and only its name on the server is kept beside the folder.
        `reranker` takes the place of late interaction and belongs to the caller; without `reranks` there is neither.
        """
        self.db = db
        self.configured = embedder
        """The embedder of VIGIL_EMBEDDING_MODEL; another one serves until that has seen every entry."""
        self.clock = clock or WallClock()
        self.folder = folder
        self._server = server
        self._words = LexicalReader(db.path)
        self._reranker = reranker
        self._reranks = reranks
        self.tuned = TunedModels(db)
        self.serving = self.prepared(embedder)
        self.behind = False
        """Whether the index has failed while something was written, and so may lack it."""
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
        if self._server is not None:
            return Serving(embedder, ServerIndex(self._server, self.folder, embedder.name))
        return Serving(embedder, FolderIndex(self.folder / folder_name(embedder.name), embedder.name))

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

    @asynccontextmanager
    async def closed_for_repair(self) -> AsyncIterator[None]:
        """Within the block searches and writes wait; after it they find whatever could be repaired."""
        self._opened.clear()
        try:
            yield
            self._failure = None
        finally:
            self._opened.set()

    @property
    def loading(self) -> str:
        """What is still under way, in words for a person; empty once questions can be answered."""
        return "" if self._opened.is_set() else "opening the knowledge index"

    async def close(self) -> None:
        """Close the index, and the embedder that served in place of the configured one; the rest belongs to others."""
        await self.serving.index.close()
        await self._words.close()
        if self.serving.embedder is not self.configured:
            await self.serving.embedder.close()

    async def search(self, question: Question, *, audiences: frozenset[Audience], limit: int) -> list[Reference]:
        """The best references, over all paths, for the question and each sub-question in turn."""
        return await (await self.searching()).best(question, audiences, limit)

    async def ranked(self, question: Question, *, audiences: frozenset[Audience], limit: int) -> list[Reference]:
        """The same ranking before near-duplicates and what misled are taken out: what evaluations judge."""
        return await (await self.searching()).ranked(question, audiences, limit)

    async def nearest(self, text: str, *, audiences: frozenset[Audience], limit: int) -> list[Reference]:
        """The nearest active entries by cosine alone, which is also their score."""
        return await (await self.searching(UNTUNED)).nearest(text, audiences, limit)

    async def searching(self, tuning: Tuning | None = None) -> Search:
        """One search with these trained models; by default with those that are switched on. Raises KnowledgeError."""
        await self._ready()
        serving = self.serving
        reranker = self._reranker or (LateInteraction(self.db, serving.embedder) if self._reranks else None)
        if tuning is None:
            tuning = await self.tuned.now(serving.embedder, reranker.name if reranker else "off")
        return Search(self.db, serving.embedder, serving.index, self._words, reranker, tuning)

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
        vectors = await serving.embedder.embed([asked_text(question)])
        [hits] = await serving.index.nearest([Shelf("qa", audience)], vectors, limit)
        ids = [ref.entry_id for ref, _ in hits]
        known, learnt = await entries.active(self.db, ids, frozenset({audience})), await entries.learnt(self.db, ids)
        return [known[id_] for id_ in ids if id_ in known and id_ in learnt]

    async def put(self, new: Sequence[NewVersion], by: Change, finish: Finish | None = None) -> list[Written]:
        """Embed and store entries, or next versions of known ones. Raises EmbeddingError, KnowledgeError."""
        texts, serving = [embedded_text(item.shelf.kind, item.content) for item in new], self.serving
        return await self.write(new, await embed_tokens(serving.embedder, texts), serving, by, finish)

    async def write(
        self,
        new: Sequence[NewVersion],
        embedded: Embedded,
        serving: Serving,
        by: Change,
        finish: Finish | None = None,
    ) -> list[Written]:
        """Store new versions with their vectors, then index them. `finish` writes more in the same transaction.

        `serving` is what they were embedded with; another one may have taken over since, and embeds them anew.
        Raises KnowledgeError when the index fails; the entries are stored then, and indexed by `bring_in_line` or at
        the next start.
        """
        await self._ready()
        async with self.db.transaction() as tx:
            written = await entries.write(tx, new, embedded.vectors, serving.embedder.name, by)
            if embedded.tokens is not None:
                packs = [(item.ref, packed(tokens)) for item, tokens in zip(written, embedded.tokens, strict=True)]
                await token_vectors.write(tx, packs, serving.embedder.name)
            also = await finish(tx, written) if finish else []
        with self._noting_failures():
            await self._index_new(written, embedded.vectors, serving.index)
            await self._index_without(written + also)
        return written + also

    async def retire(self, ids: Sequence[str], by: Change) -> list[Written]:
        """Take entries out of use. Raises KnowledgeError."""
        await self._ready()
        async with self.db.transaction() as tx:
            written = await entries.retire(tx, ids, by)
        with self._noting_failures():
            await self._index_without(written)
        return written

    async def bring_in_line(self) -> None:
        """Index what was written while the index failed; questions wait meanwhile. Raises KnowledgeError."""
        async with self.closed_for_repair():
            self.behind = False
            if isinstance(self._index, VectorIndex):
                with self._noting_failures():
                    await rebuild(self.db, self._index, self.embedder.name)

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

    @contextmanager
    def _noting_failures(self) -> Iterator[None]:
        try:
            yield
        except KnowledgeError:
            self.behind = True
            raise

    async def _index_new(
        self, written: Sequence[Written], vectors: NDArray[np.float32], index: VectorIndex | ExactIndex
    ) -> None:
        for shelf in {item.shelf for item in written}:
            rows = [row for row, item in enumerate(written) if item.shelf == shelf and item.status == "active"]
            if rows:
                await index.add(shelf, [written[row].ref for row in rows], vectors[rows])

    async def _index_without(self, written: Sequence[Written]) -> None:
        """Take out the versions that `written` replaced."""
        for shelf in {item.shelf for item in written}:
            gone = [
                item.ref._replace(version=item.replaced) for item in written if item.shelf == shelf and item.replaced
            ]
            await self._index.remove(shelf, gone)
