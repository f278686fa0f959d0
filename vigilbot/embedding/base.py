"""The seam between those who need vectors and the models that make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    @property
    def name(self) -> str:
        """Identifies model and weights; vectors of different names must never be compared."""

    @property
    def dimensions(self) -> int:
        """Length of every vector."""

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of shape (len(texts), dimensions), float32; inference runs off the event loop.

        Raises EmbeddingError when the model does not answer.
        """

    async def close(self) -> None:
        """Release the model."""
