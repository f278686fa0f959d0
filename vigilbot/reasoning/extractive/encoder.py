"""The encoder that the learned weights understand, whichever one the knowledge base uses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from vigilbot.embedding.loading import load_embedder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder


class WeightsEncoder:
    """Passes texts to the shared embedder when the weights were trained on it, else to a bundled one of its own."""

    def __init__(self, shared: Embedder, trained_on: str) -> None:
        self.is_shared = shared.name == trained_on
        """Whether the knowledge base's cosines mean what they meant in training."""
        self._shared = shared
        self._own: Embedder | None = None
        self._loading = asyncio.Lock()

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of shape (len(texts), dimensions). Raises EmbeddingError."""
        return await (await self._encoder()).embed(texts)

    async def close(self) -> None:
        """Release the own encoder, if there is one."""
        if self._own is not None:
            await self._own.close()

    async def _encoder(self) -> Embedder:
        if self.is_shared:
            return self._shared
        async with self._loading:
            if self._own is None:
                self._own = await load_embedder("bundled")
        return self._own
