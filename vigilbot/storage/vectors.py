"""What the index is made of: which vectors belong to which shelf, and which entries still lack one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.models import Audience
from vigilbot.storage.entries import Content, Ref, Shelf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.storage.database import Database


async def shelves(db: Database) -> list[Shelf]:
    """Every shelf with at least one active entry."""
    rows = await db.rows("SELECT DISTINCT kind, audience FROM entries WHERE status = 'active'")
    return [Shelf(row["kind"], Audience(row["audience"])) for row in rows]


async def on_shelf(db: Database, shelf: Shelf, embedder: str) -> dict[Ref, int]:
    """What the index has to hold for one shelf: each entry's current version, and the `seq` of its vector."""
    rows = await db.rows(
        "SELECT id, version, seq FROM indexed_entries WHERE embedder = ? AND kind = ? AND audience = ?",
        (embedder, *shelf),
    )
    return {Ref(row["id"], row["version"]): row["seq"] for row in rows}


async def of_entries(db: Database, seqs: Sequence[int], embedder: str) -> tuple[list[Ref], NDArray[np.float32]]:
    """Versions and their vectors, shape (found, dimensions); entries changed meanwhile may be missing."""
    rows = await db.rows(
        """SELECT id, version, vector FROM indexed_entries
           WHERE embedder = ? AND seq IN (SELECT value FROM json_each(?))""",
        (embedder, json.dumps(list(seqs))),
    )
    vectors = np.frombuffer(b"".join(row["vector"] for row in rows), np.float32)
    return [Ref(row["id"], row["version"]) for row in rows], vectors.reshape(len(rows), -1) if rows else vectors


async def lacking(db: Database, embedder: str, limit: int) -> list[tuple[int, Ref, Shelf, Content]]:
    """Active entries whose current version this embedder has not seen: another model has been configured."""
    rows = await db.rows(
        """SELECT * FROM current_entries c WHERE status = 'active' AND NOT EXISTS
             (SELECT 1 FROM vectors x WHERE x.entry_seq = c.seq AND x.version = c.version AND x.embedder = ?)
           LIMIT ?""",
        (embedder, limit),
    )
    return [
        (
            row["seq"],
            Ref(row["id"], row["version"]),
            Shelf(row["kind"], Audience(row["audience"])),
            Content(row["title"], row["text"], row["source"], row["question"]),
        )
        for row in rows
    ]
