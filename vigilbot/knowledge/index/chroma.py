"""The one place that talks to Chroma, embedded or as a server. Blocking: `base.py` calls it in threads.

Chroma holds vectors under ids and nothing else: no documents, no metadata, no filters. What belongs together lies in
a collection of its own.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

    from vigilbot.config import Settings

MOST_AT_ONCE = 2000
"""Vectors in one call; Chroma's own limit depends on the platform and is 5,461 here."""

IDS_AT_ONCE = 50_000
COLLECTIONS_AT_ONCE = 500

CANDIDATES = 500
"""Kept while the graph is searched (Chroma's own: 100), at every size.

Small collections are searched as good as exactly, so that a rebuilt graph finds what the old one found: of 1,600
rankings over 1,500 random vectors, which is the hardest case, 1,600 equal exact search (with 300: 1,595, with 100:
about 1,180), for some .4 ms more. Of 245,092 vectors recall@20 is .982 (with 150: .909, with 100: .874), for 1 ms more.
"""

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 60.0


class Connection(Protocol):
    """How a Chroma client is got."""

    def connect(self) -> ClientAPI:
        """A client, connected. May raise whatever Chroma raises."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Chroma within this process, its files in one folder."""

    folder: Path

    def connect(self) -> ClientAPI:
        import chromadb  # noqa: PLC0415  # takes a second, and nothing else needs it before the page is up
        from chromadb.api.shared_system_client import SharedSystemClient  # noqa: PLC0415  # with chromadb
        from chromadb.config import Settings  # noqa: PLC0415  # with chromadb

        try:
            return chromadb.PersistentClient(str(self.folder), settings=Settings(anonymized_telemetry=False))
        except BaseException:
            SharedSystemClient.clear_system_cache()  # or the half-started one is handed out for this folder again
            raise


@dataclass(frozen=True, slots=True)
class Server:
    """A Chroma server of CHROMA_URL. Connections that broke are made again at the next call."""

    url: str
    token: str | None = None

    def connect(self) -> ClientAPI:
        import chromadb  # noqa: PLC0415  # see above
        import httpx  # noqa: PLC0415  # with chromadb
        from chromadb.config import Settings  # noqa: PLC0415  # with chromadb

        address = urlsplit(self.url)
        secure = address.scheme == "https"
        client = chromadb.HttpClient(
            address.hostname or "",
            address.port or (443 if secure else 80),
            ssl=secure,
            # The first is for proxies in front of a server of one's own, the second for Chroma Cloud.
            headers={"Authorization": f"Bearer {self.token}", "X-Chroma-Token": self.token} if self.token else None,
            settings=Settings(anonymized_telemetry=False),
        )
        session = client._server._session  # noqa: SLF001  # Chroma waits without end, and has no setting for it
        session.timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        return client


def server_of(settings: Settings) -> Server | None:
    """The server of CHROMA_URL; None: the index is embedded."""
    token = settings.chroma_token
    return Server(settings.chroma_url, token.get_secret_value() if token else None) if settings.chroma_url else None


class ChromaStore:
    """Collections whose names begin with `prefix`; others are not seen. Methods may raise whatever Chroma raises."""

    def __init__(self, connection: Connection, prefix: str = "") -> None:
        self._connection = connection
        self._prefix = prefix
        self._client: ClientAPI | None = None
        self._collections: dict[str, Collection] = {}
        self._creating = Lock()

    def open(self) -> None:
        client = self._client = self._connection.connect()
        self._collections = {
            found.name: client.get_collection(found.name, embedding_function=None)
            for start in range(0, client.count_collections(), COLLECTIONS_AT_ONCE)
            for found in client.list_collections(limit=COLLECTIONS_AT_ONCE, offset=start)
            if found.name.startswith(self._prefix)
        }

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None
        self._collections = {}

    def names(self) -> list[str]:
        return list(self._collections)

    def drop(self, name: str) -> None:
        from chromadb.errors import NotFoundError  # noqa: PLC0415  # see above

        if name in self._collections and self._client is not None:
            with suppress(NotFoundError):  # a server may have lost it
                self._client.delete_collection(name)
            del self._collections[name]  # only now: while a server is away, what it holds is not forgotten here

    def ids(self, name: str) -> set[str]:
        collection = self._collections.get(name)
        if collection is None:
            return set()
        starts = range(0, collection.count(), IDS_AT_ONCE)
        return {id_ for start in starts for id_ in collection.get(limit=IDS_AT_ONCE, offset=start, include=[])["ids"]}

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
                self._collections[name] = self._client.get_or_create_collection(
                    name,
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine", "ef_search": CANDIDATES}},
                )
            return self._collections[name]
