"""From the setting to the embedder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.embedding.bundled import BundledEncoder
from vigilbot.embedding.cache import CachedEmbedder
from vigilbot.embedding.transformer import TransformerEmbedder

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder


async def load_embedder(model: str) -> Embedder:
    """The embedder that VIGIL_EMBEDDING_MODEL names: `bundled`, or a sentence-transformers name or folder.

    Raises EmbeddingError, in one line with the fix.
    """
    inner: Embedder = await (BundledEncoder.open() if model == "bundled" else TransformerEmbedder.open(model))
    return CachedEmbedder(inner)
