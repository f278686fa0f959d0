"""The extractive reasoner over the project's own documentation, every part real."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest_asyncio

from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.reasoning.extractive import ExtractiveReasoner
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE, INDEX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import pytest

    from vigilbot.embedding.base import Embedder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def own_docs(
    embedder: Embedder, documented: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LocalKnowledge]:
    """A knowledge base that holds the bundled documentation, as after the first start."""
    folder = shutil.copytree(documented, tmp_path_factory.mktemp("own-docs") / "data")
    db = await Database.open(folder / DATABASE)
    knowledge = LocalKnowledge(db, embedder, folder / INDEX)
    await knowledge.open()
    yield knowledge
    await knowledge.close()
    await db.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def reasoner(embedder: Embedder, own_docs: LocalKnowledge) -> ExtractiveReasoner:
    return ExtractiveReasoner(embedder, own_docs)
