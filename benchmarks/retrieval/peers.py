"""What the product is compared with, on the same vectors: Chroma as it comes, and a numpy scan."""

from __future__ import annotations

import shutil
import sqlite3
import time
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from vigilbot.storage.folder import DATABASE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

T = TypeVar("T")

COUNT = 20
WARMING = 20
PLAIN_CANDIDATES = 100
"""Chroma's own default of `ef_search`."""


def stored_vectors(folder: Path) -> tuple[list[str], NDArray[np.float32]]:
    """The ids in the index of every document for everyone, and the vectors, shape (found, dimensions)."""
    with sqlite3.connect(folder / DATABASE) as connection:
        rows = connection.execute(
            "SELECT id, version, vector FROM indexed_entries WHERE kind = 'document' AND audience = 'everyone'"
        ).fetchall()
    return [f"{row[0]}:{row[1]}" for row in rows], np.frombuffer(b"".join(row[2] for row in rows), np.float32).reshape(
        len(rows), -1
    )


def scan(vectors: NDArray[np.float32], question: NDArray[np.float32]) -> NDArray[np.intp]:
    """Rows of the COUNT nearest vectors, nearest first."""
    cosines = vectors @ question
    best = np.argpartition(-cosines, COUNT)[:COUNT]
    return best[np.argsort(-cosines[best])]


def plain_chroma(index: Path, copy: Path, questions: NDArray[np.float32]) -> tuple[list[float], list[list[str]]]:
    """Milliseconds and ids of plain queries to a copy of the largest collection, its search set as Chroma's own is."""
    shutil.copytree(index, copy)
    client, collection = _largest(copy)
    collection.modify(configuration={"hnsw": {"ef_search": PLAIN_CANDIDATES}})
    client.close()
    client, collection = _largest(copy)  # heeded from the next opening on

    def ask(question: NDArray[np.float32]) -> list[str]:
        found = collection.query(query_embeddings=[question], n_results=COUNT, include=["distances"])
        return list(found["ids"][0])

    timed(ask, questions[:WARMING])
    timings, answers = timed(ask, questions)
    client.close()
    return timings, answers


def _largest(folder: Path) -> tuple[ClientAPI, Collection]:
    import chromadb  # noqa: PLC0415  # takes a second
    from chromadb.config import Settings  # noqa: PLC0415  # with chromadb

    client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
    name = max(client.list_collections(), key=lambda found: found.count()).name
    return client, client.get_collection(name, embedding_function=None)


def timed(ask: Callable[[NDArray[np.float32]], T], questions: NDArray[np.float32]) -> tuple[list[float], list[T]]:
    """Milliseconds and answer of each question."""
    timings, answers = [], []
    for question in questions:
        began = time.perf_counter()
        answers.append(ask(question))
        timings.append((time.perf_counter() - began) * 1000)
    return timings, answers
