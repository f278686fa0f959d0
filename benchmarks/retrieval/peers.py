"""What the product is compared with, on the same vectors: Chroma as it comes, and a numpy scan."""

from __future__ import annotations

import shutil
import sqlite3
import time
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from vigilbot.storage.folder import DATABASE, INDEX

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

T = TypeVar("T")

COUNT = 20
PLAIN_CANDIDATES = 100
"""Chroma's own default of `ef_search`."""


def stored_vectors(folder: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Every document's id in the index, and the vectors, shape (found, dimensions); pairs are left aside."""
    with sqlite3.connect(folder / DATABASE) as connection:
        rows = connection.execute("SELECT id, version, vector FROM indexed_entries WHERE kind = 'document'").fetchall()
    return [f"{row[0]}:{row[1]}" for row in rows], np.frombuffer(b"".join(row[2] for row in rows), np.float32).reshape(
        len(rows), -1
    )


def scan(vectors: NDArray[np.float32], question: NDArray[np.float32]) -> NDArray[np.intp]:
    """Rows of the COUNT nearest vectors, nearest first."""
    cosines = vectors @ question
    best = np.argpartition(-cosines, COUNT)[:COUNT]
    return best[np.argsort(-cosines[best])]


def plain_chroma(folder: Path, copy: Path, questions: NDArray[np.float32]) -> tuple[list[float], list[list[str]]]:
    """Milliseconds and ids of plain queries to a copy of the largest collection, its search set as Chroma's own is."""
    import chromadb  # noqa: PLC0415  # takes a second

    shutil.copytree(folder / INDEX, copy)
    client = chromadb.PersistentClient(str(copy), settings=chromadb.config.Settings(anonymized_telemetry=False))
    collection = max(client.list_collections(), key=lambda found: found.count())
    collection = client.get_collection(collection.name, embedding_function=None)
    collection.modify(configuration={"hnsw": {"ef_search": PLAIN_CANDIDATES}})

    def ask(question: NDArray[np.float32]) -> list[str]:
        found: list[str] = collection.query(query_embeddings=[question], n_results=COUNT, include=["distances"])["ids"][
            0
        ]
        return found

    ask(questions[0])
    timings, answers = timed(ask, questions)
    client.close()
    return timings, answers


def timed(ask: Callable[[NDArray[np.float32]], T], questions: NDArray[np.float32]) -> tuple[list[float], list[T]]:
    """Milliseconds and answer of each question."""
    timings, answers = [], []
    for question in questions:
        began = time.perf_counter()
        answers.append(ask(question))
        timings.append((time.perf_counter() - began) * 1000)
    return timings, answers
