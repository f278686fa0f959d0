"""Parts that every test may use as they are in production: the real encoder, a real database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from vigilbot.embedding.loading import load_embedder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vigilbot.embedding.base import Embedder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedder() -> AsyncIterator[Embedder]:
    """The bundled encoder, loaded once for the whole run."""
    loaded = await load_embedder("bundled")
    yield loaded
    await loaded.close()
