"""Any other embedding model, by name or folder, through sentence-transformers (torch enters the process then)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

import numpy as np

from vigilbot.embedding.lanes import Lanes
from vigilbot.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

LOAD_SECONDS = 900.0
"""Long enough to download a large model once."""

BATCH_TEXTS = 32


class TransformerEmbedder:
    """Implements Embedder with any sentence-transformers model."""

    def __init__(self, name: str, model: SentenceTransformer, dimensions: int) -> None:
        self._name = name
        self._model = model
        self._dimensions = dimensions
        self._lanes = Lanes()

    @classmethod
    async def open(cls, name: str, *, download: bool = True) -> Self:
        """Load the model; the download, if one is needed and allowed, counts. Raises EmbeddingError."""
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                model, dimensions = await asyncio.to_thread(_load, name, download=download)
        except TimeoutError:
            raise EmbeddingError(
                f"VIGIL_EMBEDDING_MODEL={name}: not loaded within {LOAD_SECONDS:.0f} s; "
                "download it beforehand and name its folder"
            ) from None
        return cls(name, model, dimensions)

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of shape (len(texts), dimensions). Raises EmbeddingError."""
        return await self._lanes.run(len(texts), lambda: self._embed(texts))

    async def close(self) -> None:
        await self._lanes.close()

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self._dimensions), np.float32)
        by_length = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for start in range(0, len(by_length), BATCH_TEXTS):
            self._lanes.check_open()
            rows = by_length[start : start + BATCH_TEXTS]
            vectors[rows] = self._encode([texts[row] for row in rows])
        return vectors

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        try:
            vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        except Exception as error:  # what torch and a model's own code raise has no common base
            raise EmbeddingError(f"VIGIL_EMBEDDING_MODEL={self._name}: {_first_line(error)}") from error
        return np.asarray(vectors, np.float32)


def _load(name: str, *, download: bool) -> tuple[SentenceTransformer, int]:
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415  # brings torch: only when asked for

        model = SentenceTransformer(name, local_files_only=not download)
        dimensions = model.get_embedding_dimension()
    except Exception as error:  # a missing repository, file, network or class: each library raises its own
        raise EmbeddingError(
            f"VIGIL_EMBEDDING_MODEL={name}: cannot be loaded ({_first_line(error)}); "
            "give `bundled`, a sentence-transformers name, or a folder that holds such a model"
        ) from error
    if not dimensions:
        raise EmbeddingError(f"VIGIL_EMBEDDING_MODEL={name}: gives no vector for a whole text; choose another model")
    return model, int(dimensions)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
