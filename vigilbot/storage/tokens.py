"""What the default reranker reads of each candidate: the packed vectors of its tokens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.models import Audience
from vigilbot.storage.entries import Content, Ref, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import aiosqlite
    from numpy.typing import NDArray

    from vigilbot.storage.database import Database


async def write(tx: aiosqlite.Connection, packed: Iterable[tuple[Ref, bytes]], embedder: str) -> None:
    """The tokens of versions that have been written before, in this transaction or an earlier one."""
    await tx.executemany(
        """INSERT INTO token_vectors (entry_seq, embedder, version, tokens)
           SELECT seq, ?, ?, ? FROM entries WHERE id = ?
           ON CONFLICT (entry_seq, embedder) DO UPDATE SET version = excluded.version, tokens = excluded.tokens""",
        [(embedder, ref.version, tokens, ref.entry_id) for ref, tokens in packed],
    )


async def of_versions(db: Database, refs: Sequence[Ref], embedder: str) -> dict[Ref, bytes]:
    """The tokens of those versions that have some from this embedder."""
    rows = await db.rows(
        """SELECT e.id, t.version, t.tokens FROM entries e JOIN token_vectors t ON t.entry_seq = e.seq
           WHERE t.embedder = ? AND e.id IN (SELECT value FROM json_each(?))""",
        (embedder, json.dumps([ref.entry_id for ref in refs])),
    )
    found = {Ref(row["id"], row["version"]): bytes(row["tokens"]) for row in rows}
    return {ref: found[ref] for ref in refs if ref in found}


async def lacking(db: Database, embedder: str, limit: int) -> list[tuple[Ref, Shelf, Content]]:
    """Active entries of which this embedder has seen the current version, but not its tokens."""
    rows = await db.rows(
        """SELECT c.* FROM current_entries c
             JOIN vectors x ON x.entry_seq = c.seq AND x.version = c.version AND x.embedder = ?1
           WHERE c.status = 'active' AND NOT EXISTS
             (SELECT 1 FROM token_vectors t WHERE t.entry_seq = c.seq AND t.version = c.version AND t.embedder = ?1)
           LIMIT ?2""",
        (embedder, limit),
    )
    return [
        (
            Ref(row["id"], row["version"]),
            Shelf(row["kind"], Audience(row["audience"])),
            Content(row["title"], row["text"], row["source"], row["question"]),
        )
        for row in rows
    ]


async def vectors_of(db: Database, refs: Sequence[Ref], embedder: str) -> dict[Ref, NDArray[np.float32]]:
    """The vectors of those versions that have one from this embedder."""
    rows = await db.rows(
        """SELECT e.id, x.version, x.vector FROM entries e JOIN vectors x ON x.entry_seq = e.seq
           WHERE x.embedder = ? AND e.id IN (SELECT value FROM json_each(?))""",
        (embedder, json.dumps([ref.entry_id for ref in refs])),
    )
    found = {Ref(row["id"], row["version"]): np.frombuffer(row["vector"], np.float32) for row in rows}
    return {ref: found[ref] for ref in refs if ref in found}
