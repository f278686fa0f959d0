"""Events as they came in: stored before they are acknowledged, finished when their effect is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiosqlite

    from vigilbot.storage.database import Database


async def add(
    tx: aiosqlite.Connection, *, event_id: str, message_key: str | None, platform: str, payload: str, received_at: float
) -> bool:
    """Store an event; False when it, or the message it brings, has been stored before."""
    cursor = await tx.execute(
        "INSERT OR IGNORE INTO inbox (event_id, message_key, platform, payload, received_at) VALUES (?, ?, ?, ?, ?)",
        (event_id, message_key, platform, payload.encode(), received_at),
    )
    return cursor.rowcount == 1


async def finish(tx: aiosqlite.Connection, event_id: str, done_at: float) -> None:
    await tx.execute("UPDATE inbox SET done_at = ? WHERE event_id = ?", (done_at, event_id))


async def unfinished(db: Database) -> list[str]:
    """Payloads of the events whose effect is not stored yet, oldest first."""
    rows = await db.rows("SELECT payload FROM inbox WHERE done_at IS NULL ORDER BY received_at, rowid")
    return [row["payload"].decode() for row in rows]
