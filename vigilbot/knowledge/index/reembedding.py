"""After VIGIL_EMBEDDING_MODEL has changed: every entry is embedded anew while questions are being answered.

The former model serves until the new one has seen every entry, if it can still be loaded; else what the new one has
seen so far serves, beside the words themselves.
"""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import VigilError
from vigilbot.knowledge.index.base import VectorIndex
from vigilbot.knowledge.index.lacking import add_tokens, embed_lacking, folder_name
from vigilbot.knowledge.index.rebuild import rebuild
from vigilbot.knowledge.index.served import ServerIndex
from vigilbot.storage import vectors as stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vigilbot.knowledge.local import LocalKnowledge, Serving

log = structlog.get_logger(__name__)

DROPPED_AT_ONCE = 2000
RETRY_SECONDS = 60.0
GRACE_SECONDS = 15.0
"""What was being searched with the former model when the new one took over is answered by then."""


class Reembedding:
    """Brings every entry to the configured embedder, then lets that serve and drops what was of others.

    `changed` is called whenever `doing` has changed.
    """

    def __init__(self, knowledge: LocalKnowledge, changed: Callable[[], None]) -> None:
        self._knowledge = knowledge
        self._changed = changed
        self._done = self._total = 0
        self._fault = ""

    @property
    def doing(self) -> str:
        """What is under way, in words for a person; empty when nothing is."""
        if not self._total:
            return ""
        knowledge = self._knowledge
        waiting = knowledge.serving.embedder is not knowledge.configured
        meanwhile = f"{knowledge.serving.embedder.name} answers until then" if waiting else "found by words until then"
        fault = f"; stopped for a minute: {self._fault}" if self._fault else ""
        return f"embedding with {knowledge.configured.name}: {self._done:,} of {self._total:,}, {meanwhile}{fault}"

    async def run(self) -> None:
        """Until all is done; what fails is shown, logged, and tried again."""
        while True:
            try:
                await self._run()
            except VigilError as error:
                log.warning("reembedding_failed", reason=str(error), retry_seconds=RETRY_SECONDS)
                self._show(fault=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _run(self) -> None:
        knowledge = self._knowledge
        self._done, self._total = 0, await stored.count_lacking(knowledge.db, knowledge.configured.name)
        self._show()
        await embed_lacking(knowledge.db, knowledge.configured, after_batch=self._after_batch)
        former = knowledge.serving
        if former.embedder is not knowledge.configured:
            knowledge.serving = await self._next()
            log.info("embedder_switched", former=former.embedder.name, now=knowledge.configured.name)
            try:
                await asyncio.sleep(GRACE_SECONDS)
                await embed_lacking(knowledge.db, knowledge.configured, after_batch=self._index)
            finally:
                await former.index.close()
                await former.embedder.close()
        self._total = 0
        self._show()
        await self._drop_others()
        await add_tokens(knowledge.db, knowledge.configured)

    async def _next(self) -> Serving:
        """The configured embedder with an index that lacks nothing."""
        knowledge = self._knowledge
        ready = knowledge.prepared(knowledge.configured)
        await ready.index.open()
        while True:
            if isinstance(ready.index, VectorIndex):
                await rebuild(knowledge.db, ready.index, ready.embedder.name)
            if not await embed_lacking(knowledge.db, ready.embedder):  # what was learnt while the index was being made
                return ready

    async def _after_batch(self, seqs: list[int]) -> None:
        self._done += len(seqs)
        if self._knowledge.serving.embedder is self._knowledge.configured:
            await self._index(seqs)
        self._show()

    async def _index(self, seqs: list[int]) -> None:
        db, serving = self._knowledge.db, self._knowledge.serving
        for shelf in await stored.shelves(db):
            refs, vectors = await stored.of_entries(db, seqs, serving.embedder.name, shelf)
            if refs:
                await serving.index.add(shelf, refs, vectors)

    async def _drop_others(self) -> None:
        """Vectors and indexes of embedders that are no longer configured."""
        db, kept = self._knowledge.db, self._knowledge.configured.name
        dropped = set(await stored.counts(db)) - {kept}
        more = bool(dropped)
        while more:
            async with db.transaction() as tx:
                more = await stored.drop_some(tx, kept, DROPPED_AT_ONCE)
        index = self._knowledge.serving.index
        if isinstance(index, ServerIndex):
            await index.drop_other_embedders()
        elif self._knowledge.folder is not None:
            await asyncio.to_thread(_keep_only, self._knowledge.folder, folder_name(kept))
        if dropped:
            log.info("vectors_dropped", embedders=sorted(dropped))

    def _show(self, fault: str = "") -> None:
        self._fault = fault
        self._changed()
        if self._total:
            log.info("reembedding", done=self._done, total=self._total)


def _keep_only(folder: Path, name: str) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name != name:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
