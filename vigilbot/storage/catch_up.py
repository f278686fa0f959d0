"""How far the messages of a chat platform are known: where to begin reading its history after a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigilbot.storage.database import Database


async def known_until(db: Database, platform: str) -> float | None:
    """When the latest message we know of was posted, on the platform's own clock; None before the first one."""
    row = await db.row(
        "SELECT max(m.posted_at) AS at FROM messages m JOIN sessions s ON s.id = m.session_id WHERE s.platform = ?",
        (platform,),
    )
    return float(row["at"]) if row and row["at"] is not None else None


async def open_threads(db: Database, platform: str, channel: str) -> list[str]:
    """The threads of sessions that are not closed, the latest active first."""
    rows = await db.rows(
        "SELECT thread FROM sessions WHERE platform = ? AND channel = ? AND state != 'closed' ORDER BY active_at DESC",
        (platform, channel),
    )
    return [str(row["thread"]) for row in rows]


async def channels(db: Database, platform: str) -> list[str]:
    """Channels with sessions that are not closed, the latest active first."""
    rows = await db.rows(
        """SELECT channel FROM sessions WHERE platform = ? AND state != 'closed'
           GROUP BY channel ORDER BY max(active_at) DESC""",
        (platform,),
    )
    return [str(row["channel"]) for row in rows]
