"""The knowledge of a data folder for commands: only read, or with the folder to oneself. `commands.opened` writes."""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from vigilbot.embedding.loading import load_embedder
from vigilbot.errors import DataFolderLocked, StorageError
from vigilbot.knowledge.curation import forget
from vigilbot.knowledge.index import served
from vigilbot.knowledge.index.chroma import server_of
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.knowledge.rerank.loading import OFF, load_reranker
from vigilbot.models import Question
from vigilbot.runtime.clock import WallClock
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE, INDEX, locked_for_change

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from vigilbot.config import Settings
    from vigilbot.knowledge.curation.forget import Forgetting
    from vigilbot.models import Audience, Reference
    from vigilbot.storage.forgetting.target import Target

log = structlog.get_logger(__name__)


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Database]:
    """The database, to be read only; a bot may be running. Raises StorageError when there is none."""
    path = settings.data_dir / DATABASE
    if not path.is_file():
        raise StorageError(
            f"VIGIL_DATA_DIR={settings.data_dir}: holds no knowledge yet; `vigilbot ingest` or `vigilbot run` begins it"
        )
    db = await Database.open(path)
    try:
        yield db
    finally:
        await db.close()


async def search(settings: Settings, text: str, audiences: frozenset[Audience], limit: int) -> list[Reference]:
    """What a question would find, best first; a bot may be running."""
    async with searchable(settings) as knowledge:
        return await knowledge.search(Question(text), audiences=audiences, limit=limit)


@asynccontextmanager
async def searchable(settings: Settings) -> AsyncIterator[LocalKnowledge]:
    """The knowledge base as questions find it, without the index but with the reranker; a bot may be running."""
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(reading(settings))
        embedder = await load_embedder(settings.embedding_model)
        stack.push_async_callback(embedder.close)
        reranker = await load_reranker(settings.rerank_model)
        if reranker is not None:
            stack.push_async_callback(reranker.close)
        knowledge = LocalKnowledge(db, embedder, None, reranker=reranker, reranks=settings.rerank_model != OFF)
        stack.push_async_callback(knowledge.close)
        await knowledge.open(embed_later=True)
        yield knowledge


async def rebuilt(settings: Settings) -> int:
    """Make the index anew from the database, here or on the server; how many entries it holds.

    Raises DataFolderLocked beside a bot.
    """
    async with reading(settings):
        pass  # a mistaken VIGIL_DATA_DIR is named, not filled
    with locked_for_change(settings.data_dir) as alone:
        folder = _only(settings, alone, "rebuild")
        if server := server_of(settings):
            await served.empty(server, folder / INDEX)
        await asyncio.to_thread(shutil.rmtree, folder / INDEX, ignore_errors=True)
        return await _filled(settings)


async def forgotten(settings: Settings, target: Target) -> Forgetting:
    """Forget a source, and make the index anew. Raises NotFound, and DataFolderLocked beside a bot."""
    async with reading(settings) as db:
        await forget.foreseen(db, target)
    with locked_for_change(settings.data_dir) as alone:
        folder = _only(settings, alone, "forget")
        done = await forget.forget(folder, target, WallClock().now(), server_of(settings))
    await _rebuilt_elsewhere()
    return done


async def _rebuilt_elsewhere() -> None:
    """In a process that has never seen what was forgotten: Chroma writes unused memory into its files as it finds it.

    Where it fails, the next start does the same.
    """
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vigilbot", "knowledge", "rebuild"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    if await child.wait():
        log.warning("rebuild_left_to_next_start", exit_code=child.returncode)


def _only(settings: Settings, alone: bool, doing: str) -> Path:
    if not alone:
        raise DataFolderLocked(
            f"VIGIL_DATA_DIR={settings.data_dir}: a bot is running there; "
            f"stop it first, then `vigilbot knowledge {doing}`, then start it again"
        )
    return settings.data_dir


async def _filled(settings: Settings) -> int:
    """Fill the index from the stored vectors."""
    async with AsyncExitStack() as stack:
        db = await Database.open(settings.data_dir / DATABASE)
        stack.push_async_callback(db.close)
        embedder = await load_embedder(settings.embedding_model)
        stack.push_async_callback(embedder.close)
        knowledge = LocalKnowledge(db, embedder, settings.data_dir / INDEX, server=server_of(settings))
        stack.push_async_callback(knowledge.close)
        await knowledge.open()
        return await knowledge.count()
