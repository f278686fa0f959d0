"""A running bot follows what other processes write into its database: an ingest, an import, a command.

They write entries and vectors to SQLite and nothing else. The bot looks every second whether another process has
committed, reads the versions written since, and brings its index in line, a few at a time. What is missed when either
side is killed is found at the next start, when the index is compared with the database.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from vigilbot.knowledge.index.lacking import embed_lacking
from vigilbot.runtime.tasks import survived
from vigilbot.storage import vectors as stored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.storage.vectors import Changed

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0
AT_ONCE = 200
"""Versions indexed between two breaths."""

BREATH_SECONDS = 0.02


class Follower:
    """Follows one database. `changed` is called after each catching up, for whoever shows what the bot knows."""

    def __init__(self, knowledge: LocalKnowledge, changed: Callable[[], None]) -> None:
        self._knowledge = knowledge
        self._changed = changed
        self._seen = 0
        self._version = 0

    async def start(self) -> None:
        """Everything up to now is indexed: call it before the index is brought in line."""
        self._seen = await stored.last_place(self._knowledge.db)
        self._version = await self._knowledge.db.version_elsewhere()

    async def run(self) -> None:
        """Until cancelled. What fails is logged and tried again."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            with survived("following other processes' writes"):
                await self.catch_up()

    async def catch_up(self) -> None:
        """Bring the index in line with what others have committed. Raises KnowledgeError, EmbeddingError."""
        place = await stored.last_place(self._knowledge.db)
        version = await self._knowledge.db.version_elsewhere()
        if version == self._version:
            self._seen = place  # written by this process, which indexes what it writes
            return
        followed = 0
        while changes := await stored.changed_since(self._knowledge.db, self._seen, AT_ONCE):
            await self._index(changes)
            self._seen = changes[-1].place
            followed += len(changes)
            await asyncio.sleep(BREATH_SECONDS)
        self._version = version
        if followed:
            log.info("followed", versions=followed)
            self._changed()

    async def _index(self, changes: Sequence[Changed]) -> None:
        serving = self._knowledge.serving
        embedder, index = serving.embedder, serving.index
        wanted = [change.seq for change in changes if change.wanted]
        if embedder is self._knowledge.configured:
            await embed_lacking(self._knowledge.db, embedder, among=wanted)
        for shelf in {change.shelf for change in changes}:
            here = [change for change in changes if change.shelf == shelf]
            refs, vectors = await stored.of_entries(
                self._knowledge.db, [change.seq for change in here if change.wanted], embedder.name
            )
            if refs:
                await index.add(shelf, refs, vectors)
            gone = {change.ref._replace(version=change.ref.version - 1) for change in here if change.ref.version > 1}
            gone |= {change.ref for change in here if not change.wanted}
            await index.remove(shelf, gone - set(refs))
