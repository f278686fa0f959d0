"""What thinks and remembers: embedding model, index, model endpoint."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, get_args

from vigilbot.config import ReasonerTask
from vigilbot.doctor.finding import Finding, failed, fault, fine
from vigilbot.embedding.loading import load_embedder
from vigilbot.errors import ConfigError, DataFolderLocked, EmbeddingError, KnowledgeError, ReasonerError, StorageError
from vigilbot.knowledge.index import seal
from vigilbot.knowledge.index.chroma import server_of
from vigilbot.knowledge.index.embedded import FolderIndex
from vigilbot.knowledge.index.lacking import folder_name
from vigilbot.knowledge.index.served import ServerIndex
from vigilbot.reasoning.prompted import probe
from vigilbot.storage import vectors
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE, INDEX, locked

if TYPE_CHECKING:
    from vigilbot.config import Settings
    from vigilbot.embedding.base import Embedder
    from vigilbot.knowledge.index.base import VectorIndex
    from vigilbot.knowledge.index.chroma import Server

REBUILD = "start vigilbot: it brings the index in line with the database by itself"


async def embedding_and_index(settings: Settings) -> list[Finding]:
    """The model loads and embeds; the index holds what the database says it should."""
    check = "embedding model"
    began = time.perf_counter()
    try:
        embedder = await load_embedder(settings.embedding_model)
    except EmbeddingError as error:
        return [failed(check, error)]
    try:
        await embedder.embed(["Does the embedding model answer?"])
        took = time.perf_counter() - began
        embeds = fine(check, f"{embedder.name}, {embedder.dimensions} dimensions, ready in {took:.1f} s")
        server = server_of(settings)
        index = _served(settings, embedder, server) if server else _embedded(settings, embedder)
        return [embeds, await index]
    except EmbeddingError as error:
        return [failed(check, error)]
    finally:
        await embedder.close()


async def _embedded(settings: Settings, embedder: Embedder) -> Finding:
    """Opened only where the next start would open it as it is: repairs are left to that."""
    check, folder = "index", settings.data_dir / INDEX / folder_name(embedder.name)
    try:
        with locked(settings.data_dir):
            condition = await asyncio.to_thread(seal.condition, folder)
            if condition == "damaged":
                return fault(check, f"{folder} is damaged", REBUILD)
            if condition == "unknown" or not folder.exists():
                state = "was not closed properly" if folder.exists() else "is not made yet"
                return fine(check, f"{folder} {state}; the next start sees to it")
            wanted, held = await _counted(settings, embedder, FolderIndex(folder, embedder.name))
    except DataFolderLocked:
        return fine(check, "in use; the running vigilbot has checked it at its start")
    except (StorageError, KnowledgeError, OSError) as error:
        return failed(check, error)
    if wanted != held:
        return fault(check, f"{folder} holds {held} of {wanted} active entries", REBUILD)
    return fine(check, f"{held} entries, as many as the database has")


async def _served(settings: Settings, embedder: Embedder, server: Server) -> Finding:
    """A server is asked whether or not a running vigilbot uses it; what is missing, the next start or that one adds."""
    check = "index"
    try:
        index = ServerIndex(server, settings.data_dir / INDEX, embedder.name)
        wanted, held = await _counted(settings, embedder, index)
    except (StorageError, KnowledgeError) as error:
        return failed(check, error)
    return fine(check, f"{server.url} answers and holds {held} of {wanted} active entries")


async def _counted(settings: Settings, embedder: Embedder, index: VectorIndex) -> tuple[int, int]:
    """How many entry versions the index should hold, and how many of them it does hold."""
    db = await Database.open(settings.data_dir / DATABASE)
    try:
        await index.open()
        wanted = held = 0
        for shelf in await vectors.shelves(db):
            refs = await vectors.on_shelf(db, shelf, embedder.name)
            wanted += len(refs)
            held += len(refs.keys() & await index.held(shelf))
        wanted += len(await vectors.lacking(db, embedder.name, 1_000_000))
    finally:
        await index.close()
        await db.close()
    return wanted, held


async def model(settings: Settings) -> Finding:
    """Each configured model answers one tiny request."""
    check = "model"
    by_task = {name for task in get_args(ReasonerTask) if (name := settings.model_for(task))}
    second = {settings.model_second_answer} if settings.model_second_answer else set()
    names = sorted(by_task | second | set(settings.fallback_models))
    if not names:
        return fine(check, "none set: the built-in extractive reasoner quotes passages")
    began = time.perf_counter()
    try:
        await probe(settings)
    except (ReasonerError, ConfigError) as error:
        return failed(check, error)
    return fine(check, f"{', '.join(names)} answered in {time.perf_counter() - began:.1f} s")
