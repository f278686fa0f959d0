"""The same text is embedded once, however many steps ask for it, even at the same time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.lanes import QUICK_TEXTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder

Vectors = dict[str, "NDArray[np.float32]"]

REMEMBERED = 512


class CachedEmbedder:
    """Remembers the last REMEMBERED texts in front of another embedder. Bulk passes through: it does not repeat."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._running: dict[str, asyncio.Task[Vectors]] = {}

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of shape (len(texts), dimensions). Raises EmbeddingError."""
        if not 0 < len(texts) <= QUICK_TEXTS:
            return await self._inner.embed(texts)
        wanted = dict.fromkeys(texts)
        vectors = {text: self._known[text] for text in wanted if text in self._known}
        self._start([text for text in wanted if text not in vectors and text not in self._running])
        for task in {self._running[text] for text in wanted if text not in vectors}:
            # Shielded: one asker who gives up must not take the vectors from the others.
            vectors.update(await asyncio.shield(task))
        for text in wanted:
            self._remember(text, vectors[text])
        return np.stack([vectors[text] for text in texts])

    async def close(self) -> None:
        await asyncio.gather(*set(self._running.values()), return_exceptions=True)
        await self._inner.close()

    def _start(self, missing: list[str]) -> None:
        if not missing:
            return
        task = asyncio.create_task(self._compute(missing), name="embed")
        task.add_done_callback(lambda done: self._ended(missing, done))
        self._running.update(dict.fromkeys(missing, task))

    async def _compute(self, texts: list[str]) -> Vectors:
        return dict(zip(texts, await self._inner.embed(texts), strict=True))

    def _ended(self, texts: list[str], task: asyncio.Task[Vectors]) -> None:
        for text in texts:
            del self._running[text]
        if not task.cancelled():
            task.exception()  # whoever waited has it already; if nobody did, it is not worth asyncio's warning

    def _remember(self, text: str, vector: NDArray[np.float32]) -> None:
        self._known[text] = vector
        self._known.move_to_end(text)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
