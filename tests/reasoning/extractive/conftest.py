"""The extractive reasoner over the project's own documentation, every part real."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from vigilbot.knowledge.ingest.ingesting import ingest_builtin_docs
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.reasoning.extractive import ExtractiveReasoner
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest

    from vigilbot.embedding.base import Embedder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def own_docs(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalKnowledge]:
    """A knowledge base that holds the bundled documentation, as after the first start."""
    folder = tmp_path_factory.mktemp("own-docs")
    db = await Database.open(folder / "vigilbot.db")
    knowledge = LocalKnowledge(db, embedder, folder / "chroma")
    await knowledge.open()
    await ingest_builtin_docs(knowledge)
    yield knowledge
    await knowledge.close()
    await db.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def reasoner(embedder: Embedder, own_docs: LocalKnowledge) -> ExtractiveReasoner:
    return ExtractiveReasoner(embedder, own_docs)
