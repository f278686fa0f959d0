"""A real endpoint (aimock) and real accounts (SQLite); only what the model says is scripted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from tests.standins.aimock import Aimock, aimock
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import pytest


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def endpoint() -> AsyncIterator[Aimock]:
    async with aimock([{"match": {}, "response": {"content": "ok"}}]) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def llm(endpoint: Aimock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Aimock]:
    """The endpoint with nothing scripted, and no key of the developer's own in the environment."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    await endpoint.replace([])
    yield endpoint
    await endpoint.calm()


@pytest_asyncio.fixture(loop_scope="session")
async def accounts(tmp_path: Path) -> AsyncIterator[Database]:
    db = await Database.open(tmp_path / "vigilbot.db")
    yield db
    await db.close()
