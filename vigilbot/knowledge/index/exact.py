"""Search without an index, in the stored vectors: for a command beside a running bot, which keeps the index."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.storage import vectors as stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from vigilbot.knowledge.index.base import Hits
    from vigilbot.storage.database import Database
    from vigilbot.storage.entries import Ref, Shelf

ROWS_AT_ONCE = 4000


class ExactIndex:
    """Stands where the vector index stands, and has nothing to keep: the database holds every vector."""

    def __init__(self, db: Database, embedder: str) -> None:
        self._db = db
        self._embedder = embedder

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def settle(self) -> None:
        """Nothing to secure."""

    async def add(self, shelf: Shelf, refs: Sequence[Ref], vectors: NDArray[np.float32]) -> None:
        """Nothing to add: the running bot follows the database."""

    async def remove(self, shelf: Shelf, refs: Iterable[Ref]) -> None:
        """Nothing to remove, for the same reason."""

    async def nearest(self, shelves: Sequence[Shelf], vectors: NDArray[np.float32], count: int) -> list[Hits]:
        """For each vector the `count` nearest entry versions on exactly these shelves."""
        best: list[Hits] = [[] for _ in vectors]
        for shelf in shelves:
            seqs = list((await stored.on_shelf(self._db, shelf, self._embedder)).values())
            for start in range(0, len(seqs), ROWS_AT_ONCE):
                found = await stored.of_entries(self._db, seqs[start : start + ROWS_AT_ONCE], self._embedder)
                best = await asyncio.to_thread(_merged, best, *found, vectors, count)
        return best


def _merged(
    best: list[Hits], refs: list[Ref], stored_vectors: NDArray[np.float32], vectors: NDArray[np.float32], count: int
) -> list[Hits]:
    if not refs:
        return best
    cosines = vectors @ stored_vectors.T
    return [
        sorted([*hits, *((refs[at], float(row[at])) for at in np.argsort(-row)[:count])], key=lambda hit: -hit[1])[
            :count
        ]
        for hits, row in zip(best, cosines, strict=True)
    ]
