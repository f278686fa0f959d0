"""One text is embedded once: counted on a recording embedder in front of the real one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

from vigilbot.embedding.cache import REMEMBERED, CachedEmbedder
from vigilbot.embedding.lanes import QUICK_TEXTS
from vigilbot.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder


class Recording:
    """Passes on to the real encoder and keeps what it was asked; fails instead while `broken`."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.asked: list[list[str]] = []
        self.broken = False

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append(list(texts))
        if self.broken:
            raise EmbeddingError("the model is gone")
        return await self._inner.embed(texts)

    async def close(self) -> None:
        """The real encoder belongs to the whole test run."""


@pytest.fixture
def inner(embedder: Embedder) -> Recording:
    return Recording(embedder)


async def test_a_repeated_text_is_embedded_once(inner: Recording) -> None:
    cached = CachedEmbedder(inner)

    first = await cached.embed(["a volume", "a snapshot", "a volume"])
    again = await cached.embed(["a snapshot"])

    assert inner.asked == [["a volume", "a snapshot"]]
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(first[1], again[0])


async def test_askers_at_the_same_time_share_one_computation(inner: Recording) -> None:
    cached = CachedEmbedder(inner)

    await asyncio.gather(cached.embed(["one", "two"]), cached.embed(["two"]), cached.embed(["two", "three"]))

    assert sorted(text for asked in inner.asked for text in asked) == ["one", "three", "two"]


async def test_an_asker_who_gives_up_leaves_the_vectors_to_the_others(inner: Recording) -> None:
    cached = CachedEmbedder(inner)
    impatient = asyncio.create_task(cached.embed(["shared"]))
    patient = asyncio.create_task(cached.embed(["shared"]))
    await asyncio.sleep(0)

    impatient.cancel()

    assert (await patient).shape == (1, cached.dimensions)
    assert inner.asked == [["shared"]]


async def test_a_failure_reaches_every_asker_and_is_not_remembered(inner: Recording) -> None:
    cached = CachedEmbedder(inner)
    inner.broken = True
    results = await asyncio.gather(cached.embed(["x"]), cached.embed(["x"]), return_exceptions=True)
    assert [type(result) for result in results] == [EmbeddingError, EmbeddingError]

    inner.broken = False

    assert (await cached.embed(["x"])).shape == (1, cached.dimensions)


async def test_bulk_and_old_texts_are_not_kept(inner: Recording) -> None:
    cached = CachedEmbedder(inner)
    await cached.embed(["oldest"])
    bulk = [f"passage {n}" for n in range(QUICK_TEXTS + 1)]
    await cached.embed(bulk)
    await cached.embed(bulk)
    for n in range(REMEMBERED):
        await cached.embed([f"text {n}"])

    await cached.embed(["oldest"])

    assert inner.asked.count(bulk) == 2
    assert inner.asked.count(["oldest"]) == 2
