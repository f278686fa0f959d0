"""The seam between those who need vectors and the models that make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


class Tokens(NamedTuple):
    """What late interaction compares: one text, token by token."""

    vectors: NDArray[np.float32]
    """Unit vectors of shape (tokens, token dimensions)."""
    weights: NDArray[np.float32]
    """How much each says: 1, or 0 for little words and punctuation."""


class Embedded(NamedTuple):
    """Texts, read once."""

    vectors: NDArray[np.float32]
    """Unit vectors of shape (texts, dimensions)."""
    tokens: list[Tokens] | None
    """One a text; None when the embedder gives no vectors of tokens."""


class Embedder(Protocol):
    """A model that makes vectors of texts."""

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


@runtime_checkable
class TokenEmbedder(Protocol):
    """An embedder that gives the vectors of tokens as well, from the same pass."""

    async def embed_tokens(self, texts: Sequence[str]) -> Embedded:
        """As `embed`, with what late interaction needs. Raises EmbeddingError."""


async def embed_tokens(embedder: Embedder, texts: Sequence[str]) -> Embedded:
    """The vectors of texts and, where the embedder has them, of their tokens. Raises EmbeddingError."""
    if isinstance(embedder, TokenEmbedder):
        return await embedder.embed_tokens(texts)
    return Embedded(await embedder.embed(texts), None)
