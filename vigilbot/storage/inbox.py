"""Events as they came in: stored before they are acknowledged, finished when their effect is stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiosqlite

    from vigilbot.storage.database import Database


EMPTIED = "UPDATE inbox SET payload = CAST('{}' AS BLOB), changes = NULL, done_at = coalesce(done_at, received_at)"
"""The words go, the row stays: an event that its platform brings once more must not take effect anew."""


class Row(NamedTuple):
    """An event as it is stored; `message_key` names the message it brings, `changes` the one it edits or deletes."""

    event_id: str
    message_key: str | None
    platform: str
    payload: str
    received_at: float
    changes: str | None = None


async def add(tx: aiosqlite.Connection, rows: Sequence[Row]) -> set[str]:
    """Store events, in this order; returns the ids of those that, or whose message, had not been stored before."""
    added = await tx.execute_fetchall(
        """INSERT OR IGNORE INTO inbox (event_id, message_key, platform, payload, received_at, changes)
           SELECT value ->> 0, value ->> 1, value ->> 2, CAST(value ->> 3 AS BLOB), value ->> 4, value ->> 5
           FROM json_each(?) ORDER BY key RETURNING event_id""",
        (json.dumps(rows),),
    )
    return {row["event_id"] for row in added}


async def finish(tx: aiosqlite.Connection, event_id: str, done_at: float) -> None:
    await tx.execute("UPDATE inbox SET done_at = ? WHERE event_id = ?", (done_at, event_id))


async def are_unfinished(db: Database, event_ids: Sequence[str]) -> bool:
    """Whether the effect of one of these events is not stored yet."""
    row = await db.row(
        "SELECT 1 FROM inbox WHERE done_at IS NULL AND event_id IN (SELECT value FROM json_each(?)) LIMIT 1",
        (json.dumps(event_ids),),
    )
    return row is not None


async def changes_of(tx: aiosqlite.Connection, message_key: str) -> list[str]:
    """Payloads of the edits and deletions of one message that have come in so far, whether it has come or not."""
    rows = await tx.execute_fetchall("SELECT payload FROM inbox WHERE changes = ?", (message_key,))
    return [row["payload"].decode("utf-8") for row in rows]


async def forget_words(tx: aiosqlite.Connection, message_key: str, event_ids: Sequence[str]) -> None:
    """Leave of these events, and of the one that brought the message, no more than that they came.

    An event that still waits for its effect keeps its words until then, unless it is among `event_ids`.
    """
    await tx.execute(
        f"""{EMPTIED}
            WHERE event_id IN (SELECT value FROM json_each(?)) OR (message_key = ? AND done_at IS NOT NULL)""",  # noqa: S608 - a constant
        (json.dumps(event_ids), message_key),
    )


async def unfinished(db: Database) -> list[str]:
    """Payloads of the events whose effect is not stored yet, oldest first."""
    rows = await db.rows("SELECT payload FROM inbox WHERE done_at IS NULL ORDER BY received_at, rowid")
    return [row["payload"].decode("utf-8", "replace") for row in rows]  # an odd one must not keep us from starting
