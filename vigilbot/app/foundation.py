"""What every other part stands on: settings, time, tasks, the database and the knowledge base."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vigilbot.app.readiness import Readiness
from vigilbot.embedding.loading import load_embedder
from vigilbot.knowledge.index.chroma import server_of
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.knowledge.rerank.loading import OFF, load_reranker
from vigilbot.runtime.activity import Activity
from vigilbot.runtime.metrics import Metrics
from vigilbot.runtime.tasks import Tasks
from vigilbot.sessions.feed import Feed
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE, INDEX, locked
from vigilbot.storage.private import close_to_others

if TYPE_CHECKING:
    from contextlib import AsyncExitStack
    from pathlib import Path

    from vigilbot.config import Settings
    from vigilbot.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class Foundation:
    """The parts that nearly every other one is given; `founded` builds them."""

    settings: Settings
    clock: Clock
    db: Database
    """Holds sessions; and entries too, unless a backtest keeps its sessions apart."""
    knowledge: LocalKnowledge
    """Not yet open: searches wait until somebody opens it."""
    tasks: Tasks = field(default_factory=Tasks)
    activity: Activity = field(default_factory=Activity)
    feed: Feed = field(default_factory=Feed)
    readiness: Readiness = field(default_factory=Readiness)
    metrics: Metrics = field(default_factory=Metrics)


async def founded(stack: AsyncExitStack, settings: Settings, clock: Clock, dialogues: Path | None) -> Foundation:
    """Lock the data folder, open its database, load the embedding model; `stack` closes all of it.

    `dialogues` is a database for sessions apart from the one that holds the knowledge. Raises VigilError.
    """
    folder = stack.enter_context(locked(settings.data_dir))
    close_to_others(folder)
    knowledge_db = await _open(stack, folder / DATABASE)
    db = knowledge_db if dialogues is None else await _open(stack, dialogues)
    knowledge = await _knowledge(stack, settings, knowledge_db, folder / INDEX, clock)
    return Foundation(settings, clock, db, knowledge)


async def _open(stack: AsyncExitStack, path: Path) -> Database:
    db = await Database.open(path)
    stack.push_async_callback(db.close)
    return db


async def _knowledge(
    stack: AsyncExitStack, settings: Settings, db: Database, folder: Path, clock: Clock
) -> LocalKnowledge:
    embedder = await load_embedder(settings.embedding_model)
    stack.push_async_callback(embedder.close)
    reranker = await load_reranker(settings.rerank_model)
    if reranker is not None:
        stack.push_async_callback(reranker.close)
    reranks = settings.rerank_model != OFF
    knowledge = LocalKnowledge(db, embedder, folder, clock, server_of(settings), reranker, reranks=reranks)
    stack.push_async_callback(knowledge.close)
    return knowledge
