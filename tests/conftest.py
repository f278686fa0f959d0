"""Parts that every test may use as they are in production: the real encoder, a real database."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from tests.scene import staged
from vigilbot.embedding.loading import load_embedder
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from vigilbot.embedding.base import Embedder

MEMORY = Path("/dev/shm")  # noqa: S108  # a folder in memory on Linux; names in it are made as those in /tmp are
MEMORY_NEEDED = 2 << 30

# The same examples in every run, however slow the machine: a run that passes passes again.
settings.register_profile("certain", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("certain")


def pytest_configure() -> None:
    """Let data folders lie in memory where there is plenty: thousands of databases are made, each with many fsyncs."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """For tests marked `disk` a folder on the disk, whose fsyncs and faults are those of production."""
    if request.node.get_closest_marker("disk") is None:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix=f"{tmp_path.name}-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


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
