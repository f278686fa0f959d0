"""The one place that talks to Chroma. Blocking: `index.py` calls it in threads.

Chroma holds vectors under ids and nothing else: no documents, no metadata, no filters. What belongs together lies in
a collection of its own.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

MOST_AT_ONCE = 2000
"""Vectors in one call; Chroma's own limit depends on the platform and is 5,461 here."""


CANDIDATES = 500
"""Kept while the graph is searched (Chroma's own: 100), so that a rebuilt graph finds what the old one found.

Of 1,600 rankings over 1,500 random vectors, which is the hardest case, 1,600 equal exact search (with 300: 1,595,
with 100: about 1,180), for some .4 ms more.
"""


class ChromaFolder:
    """An embedded Chroma in one folder. Every method may raise whatever Chroma raises."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._client: ClientAPI | None = None
        self._collections: dict[str, Collection] = {}
        self._creating = Lock()

    def open(self) -> None:
        import chromadb  # noqa: PLC0415  # takes a second, and nothing else needs it before the page is up
        from chromadb.api.shared_system_client import SharedSystemClient  # noqa: PLC0415
        from chromadb.config import Settings  # noqa: PLC0415

        try:
            self._client = chromadb.PersistentClient(str(self._folder), settings=Settings(anonymized_telemetry=False))
        except BaseException:
            SharedSystemClient.clear_system_cache()  # or the half-started one is handed out for this folder again
            raise
        self._collections = {
            found.name: self._client.get_collection(found.name, embedding_function=None)
            for found in self._client.list_collections()
        }

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None
        self._collections = {}

    def names(self) -> list[str]:
        return list(self._collections)

    def drop(self, name: str) -> None:
        if self._collections.pop(name, None) is not None and self._client is not None:
            self._client.delete_collection(name)

    def ids(self, name: str) -> set[str]:
        collection = self._collections.get(name)
        return set(collection.get(include=[])["ids"]) if collection else set()

    def some_vectors(self, name: str, count: int) -> NDArray[np.float32]:
        """The first `count` vectors of a collection, shape (found, dimensions)."""
        return np.asarray(self._collections[name].get(limit=count, include=["embeddings"])["embeddings"], np.float32)

    def add(self, name: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Vectors under ids; an id that is there already gets the new vector."""
        collection = self._collection(name)
        for start in range(0, len(ids), MOST_AT_ONCE):
            rows = slice(start, start + MOST_AT_ONCE)
            collection.upsert(ids=list(ids[rows]), embeddings=vectors[rows])

    def remove(self, name: str, ids: Sequence[str]) -> None:
        collection = self._collections.get(name)
        if collection is None:
            return
        for start in range(0, len(ids), MOST_AT_ONCE):
            collection.delete(ids=list(ids[start : start + MOST_AT_ONCE]))

    def nearest(self, name: str, vectors: NDArray[np.float32], count: int) -> list[list[tuple[str, float]]]:
        """For each vector the `count` nearest ids with their cosine, best first; nothing if there is no collection."""
        collection = self._collections.get(name)
        if collection is None:
            return [[] for _ in vectors]
        found = collection.query(query_embeddings=vectors, n_results=count, include=["distances"])
        return [
            [(id_, 1 - distance) for id_, distance in zip(ids, distances, strict=True)]
            for ids, distances in zip(found["ids"], found["distances"] or [], strict=True)
        ]

    def _collection(self, name: str) -> Collection:
        with self._creating:
            if name not in self._collections:
                if self._client is None:
                    raise RuntimeError("the index is closed")
                self._collections[name] = self._client.create_collection(
                    name, embedding_function=None, configuration={"hnsw": {"space": "cosine", "ef_search": CANDIDATES}}
                )
            return self._collections[name]
