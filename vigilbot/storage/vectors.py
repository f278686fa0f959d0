"""What the index is made of: which vectors belong to which shelf, and which entries still lack one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vigilbot.models import Audience
from vigilbot.storage.entries import Content, Ref, Shelf

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiosqlite
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


async def of_entries(
    db: Database, seqs: Sequence[int], embedder: str, shelf: Shelf | None = None
) -> tuple[list[Ref], NDArray[np.float32]]:
    """Versions, of one shelf if it is given, and their vectors, shape (found, dimensions).

    Entries changed meanwhile may be missing.
    """
    on_shelf = "" if shelf is None else "AND kind = ? AND audience = ?"
    rows = await db.rows(
        f"""SELECT id, version, vector FROM indexed_entries
           WHERE embedder = ? AND seq IN (SELECT value FROM json_each(?)) {on_shelf}""",  # noqa: S608 - constants
        (embedder, json.dumps(list(seqs)), *(shelf or ())),
    )
    vectors = np.frombuffer(b"".join(row["vector"] for row in rows), np.float32)
    return [Ref(row["id"], row["version"]) for row in rows], vectors.reshape(len(rows), -1) if rows else vectors


async def counts(db: Database) -> dict[str, int]:
    """How many vectors there are of each embedder."""
    rows = await db.rows("SELECT embedder, count(*) AS n FROM vectors GROUP BY embedder")
    return {row["embedder"]: row["n"] for row in rows}


async def drop_some(tx: aiosqlite.Connection, kept: str, limit: int) -> bool:
    """Delete at most `limit` texts' vectors of every other embedder than `kept`; whether there were any."""
    others = [
        await tx.execute(
            f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE embedder <> ? LIMIT ?)",  # noqa: S608 - ours
            (kept, limit),
        )
        for table in ("vectors", "token_vectors")
    ]
    return any(cursor.rowcount > 0 for cursor in others)


LACKING = """FROM current_entries c WHERE status = 'active' AND NOT EXISTS
               (SELECT 1 FROM vectors x WHERE x.entry_seq = c.seq AND x.version = c.version AND x.embedder = ?)"""


async def count_lacking(db: Database, embedder: str) -> int:
    """How many active entries this embedder has not seen in their current version."""
    row = await db.row(f"SELECT count(*) AS n {LACKING}", (embedder,))
    return int(row["n"]) if row else 0


async def lacking(
    db: Database, embedder: str, limit: int, among: Sequence[int] | None = None
) -> list[tuple[int, Ref, Shelf, Content]]:
    """Active entries whose current version this embedder has not seen; `among` narrows it to these `seq`."""
    within = "" if among is None else "AND c.seq IN (SELECT value FROM json_each(?))"
    narrowed = () if among is None else (json.dumps(list(among)),)
    rows = await db.rows(f"SELECT * {LACKING} {within} LIMIT ?", (embedder, *narrowed, limit))
    return [
        (
            row["seq"],
            Ref(row["id"], row["version"]),
            Shelf(row["kind"], Audience(row["audience"])),
            Content(row["title"], row["text"], row["source"], row["question"]),
        )
        for row in rows
    ]


class Changed(NamedTuple):
    """One version that has been written, as the index has to see it."""

    place: int
    """In the order in which versions were written, across all entries."""
    seq: int
    ref: Ref
    shelf: Shelf
    wanted: bool
    """Whether it is still the current one, and active."""


async def last_place(db: Database) -> int:
    """The place of the version that was written last."""
    row = await db.row("SELECT coalesce(max(rowid), 0) AS place FROM entry_versions")
    return int(row["place"]) if row else 0


async def changed_since(db: Database, place: int, limit: int) -> list[Changed]:
    """Versions written after `place`, oldest first."""
    rows = await db.rows(
        """SELECT v.rowid AS place, v.version, e.seq, e.id, e.kind, e.audience,
                  e.status = 'active' AND e.version = v.version AS wanted
           FROM entry_versions v JOIN entries e ON e.seq = v.entry_seq
           WHERE v.rowid > ? ORDER BY v.rowid LIMIT ?""",
        (place, limit),
    )
    return [
        Changed(
            row["place"],
            row["seq"],
            Ref(row["id"], row["version"]),
            Shelf(row["kind"], Audience(row["audience"])),
            bool(row["wanted"]),
        )
        for row in rows
    ]


class Known(NamedTuple):
    """A vector there is already: of this version, shape (1, dimensions)."""

    version: int
    vector: NDArray[np.float32]


async def of_content(db: Database, entry_id: str, content: Content, embedder: str) -> Known | None:
    """The vector of a version of this entry that says the same, if there is one still."""
    row = await db.row(
        """SELECT x.version, x.vector FROM entries e JOIN vectors x ON x.entry_seq = e.seq
             JOIN entry_versions v ON v.entry_seq = e.seq AND v.version = x.version
           WHERE e.id = ? AND x.embedder = ? AND v.content_hash = ?""",
        (entry_id, embedder, content.hash),
    )
    return Known(row["version"], np.frombuffer(row["vector"], np.float32)[None, :]) if row else None
