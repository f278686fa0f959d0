"""Parts that every test may use as they are in production: the real encoder, a real database."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.scene import staged
from vigilbot.embedding.loading import load_embedder
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from vigilbot.embedding.base import Embedder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedder() -> AsyncIterator[Embedder]:
    """The bundled encoder, loaded once for the whole run."""
    loaded = await load_embedder("bundled")
    yield loaded
    await loaded.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def documented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds vigilbot's own documentation and no session; only to be copied."""
    folder = tmp_path_factory.mktemp("documented")
    async with staged(folder):
        pass
    return folder


@pytest.fixture
def folder(documented: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return shutil.copytree(documented, tmp_path / "data")


@pytest_asyncio.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database, migrated."""
    opened = await Database.open(tmp_path / "vigilbot.db")
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def knowledge(embedder: Embedder, tmp_path: Path) -> AsyncIterator[LocalKnowledge]:
    """An empty knowledge base in a folder of its own, open for questions."""
    db = await Database.open(tmp_path / "knowledge.db")
    opened = LocalKnowledge(db, embedder, tmp_path / "chroma")
    await opened.open()
    yield opened
    await opened.close()
    await db.close()
