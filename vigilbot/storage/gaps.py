"""Gaps: knowledge that was lacking, as work items that an analyst closes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vigilbot.errors import NotFound
from vigilbot.models import Gap
from vigilbot.storage.rows import to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    import aiosqlite

    from vigilbot.models import GapState
    from vigilbot.storage.database import Database


async def open_gap(tx: aiosqlite.Connection, gap: Gap) -> None:
    """Open a work item; a turn has one at a time, and says what its last analyst found lacking."""
    await tx.execute(
        """INSERT INTO gaps (id, session_id, turn_id, question, lacking, audience, state, opened_by, opened_at)
           VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?)
           ON CONFLICT (turn_id) WHERE state = 'open' DO UPDATE SET lacking = excluded.lacking""",
        (
            gap.id,
            gap.session_id,
            gap.turn_id,
            gap.question,
            gap.lacking,
            gap.audience,
            gap.opened_by,
            gap.opened_at,
        ),
    )


async def close(
    tx: aiosqlite.Connection, gap_id: str, state: GapState, analyst: str, at: float, entry_ids: Sequence[str] = ()
) -> bool:
    """Close it, or drop it; False when it is not open any more, and nothing changes."""
    cursor = await tx.execute(
        """UPDATE gaps SET state = ?, closed_by = ?, closed_at = ?, entry_ids = ? WHERE id = ? AND state = 'open'""",
        (state, analyst, at, to_json(entry_ids), gap_id),
    )
    return cursor.rowcount == 1


async def get(db: Database, gap_id: str) -> Gap:
    """Raises NotFound."""
    row = await db.row("SELECT * FROM gaps WHERE id = ?", (gap_id,))
    if row is None:
        raise NotFound(f"no gap {gap_id}")
    return _gap_of(row)


async def listed(db: Database, state: GapState | None = None) -> list[Gap]:
    """Gaps in this state, or all of them, oldest first."""
    rows = await db.rows("SELECT * FROM gaps WHERE ?1 IS NULL OR state = ?1 ORDER BY opened_at, rowid", (state,))
    return [_gap_of(row) for row in rows]


def _gap_of(row: sqlite3.Row) -> Gap:
    return Gap(**{**dict(row), "entry_ids": tuple(json.loads(row["entry_ids"]))})
