"""From the setting to the embedder."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from vigilbot.embedding.bundled import NAME as BUNDLED_NAME
from vigilbot.embedding.bundled import BundledEncoder
from vigilbot.embedding.cache import CachedEmbedder
from vigilbot.embedding.transformer import TransformerEmbedder
from vigilbot.errors import EmbeddingError

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder


FORMER_SECONDS = 120.0


async def load_former(name: str) -> Embedder:
    """The embedder that called itself `name`, if it is still on this machine. Raises EmbeddingError."""
    try:
        async with asyncio.timeout(FORMER_SECONDS):
            inner: Embedder = await (
                BundledEncoder.open() if name == BUNDLED_NAME else TransformerEmbedder.open(name, download=False)
            )
    except TimeoutError:
        raise EmbeddingError(f"{name}: not loaded within {FORMER_SECONDS:.0f} s") from None
    return CachedEmbedder(inner)


async def load_embedder(model: str) -> Embedder:
    """The embedder that VIGIL_EMBEDDING_MODEL names: `bundled`, or a sentence-transformers name or folder.

    Raises EmbeddingError, in one line with the fix.
    """
    inner: Embedder = await (BundledEncoder.open() if model == "bundled" else TransformerEmbedder.open(model))
    return CachedEmbedder(inner)
