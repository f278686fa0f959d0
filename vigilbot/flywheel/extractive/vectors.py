"""Embeddings of the training texts, each computed once and kept in a cache file between runs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder

CHUNK = 512


class Vectors:
    """`cache` is an .npz file of keys and vectors for one encoder, or None to keep nothing."""

    def __init__(self, embedder: Embedder, cache: Path | None = None) -> None:
        self._embedder = embedder
        self._cache = cache
        self._known: dict[str, NDArray[np.float32]] = {}
        if cache and cache.is_file():
            with np.load(cache, allow_pickle=False) as stored:
                if str(stored["encoder"]) == embedder.name:
                    self._known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    @property
    def encoder(self) -> str:
        return self._embedder.name

    async def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of shape (len(texts), dimensions)."""
        keys = [hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest() for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        wanted = sorted(missing)
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            found = await self._embedder.embed([missing[key] for key in chunk])
            self._known.update(zip(chunk, found, strict=True))
        return np.stack([self._known[key] for key in keys])

    def save(self) -> None:
        """Write the cache file, if there is one."""
        if self._cache:
            np.savez(
                self._cache,
                encoder=np.array(self.encoder),
                keys=np.array(list(self._known)),
                vectors=np.stack(list(self._known.values())),
            )
