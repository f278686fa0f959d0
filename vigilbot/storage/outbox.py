"""What the bot has to say: ordered in the transaction that causes it, done when the platform has confirmed it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from vigilbot.storage.rows import to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    import aiosqlite

    from vigilbot.storage.database import Database

CARD, CARD_UPDATE, NOTICE = "card", "card_update", "notice"
SUGGESTION, ANNOTATION_REQUEST = "suggestion", "annotation_request"
COLUMNS = "seq, id, session_id, channel, kind, payload, created_at, tried, in_doubt"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something the courier has to bring to a platform. `id` travels with the posted message."""

    seq: int
    """Counts up in the order of commits."""
    id: str
    session_id: str
    channel: str
    """Where it goes; empty: the session's own channel."""
    kind: str
    """Which carrier brings it."""
    payload: Mapping[str, str]
    """What it brings, as its carrier understands it; `card_id` makes it go with that card."""
    created_at: float
    tried: int
    in_doubt: bool
    """The platform was called, and nobody heard what came of it."""


async def order(
    tx: aiosqlite.Connection, session_id: str, kind: str, payload: Mapping[str, str], at: float, *, channel: str = ""
) -> str:
    """Put a delivery into the outbox; returns its id."""
    delivery_id = uuid4().hex
    await tx.execute(
        "INSERT INTO outbox (id, session_id, channel, kind, payload, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (delivery_id, session_id, channel, kind, to_json(payload), at),
    )
    return delivery_id


async def order_notice(
    tx: aiosqlite.Connection, session_id: str, text: str, to: str | None, at: float, *, turn_id: str = ""
) -> str:
    """One plain sentence: to one person where the platform can, otherwise to all in the thread.

    `turn_id`: the turn whose outcome it tells.
    """
    return await order(tx, session_id, NOTICE, {"text": text, "to": to or "", "turn_id": turn_id}, at)


async def take_back_notice(tx: aiosqlite.Connection, session_id: str, turn_id: str) -> None:
    """What a turn's notice says does not hold any more: it is not said, if nobody has begun to say it."""
    await tx.execute(
        """DELETE FROM outbox WHERE session_id = ? AND kind = ? AND tried = 0 AND done_at IS NULL
           AND payload ->> 'turn_id' = ?""",
        (session_id, NOTICE, turn_id),
    )


async def undelivered(db: Database, after: int = 0) -> list[Delivery]:
    """What is still to be brought to a platform and was ordered after `after` (a seq), in that order."""
    rows = await db.rows(
        f"SELECT {COLUMNS} FROM outbox WHERE done_at IS NULL AND seq > ? ORDER BY seq",  # noqa: S608 - constant
        (after,),
    )
    return [_delivery(row) for row in rows]


async def waiting(db: Database, delivery_id: str) -> Delivery | None:
    """The delivery as it stands; None when it is done, or gone with what it was about."""
    row = await db.row(
        f"SELECT {COLUMNS} FROM outbox WHERE id = ? AND done_at IS NULL",  # noqa: S608 - constant
        (delivery_id,),
    )
    return _delivery(row) if row else None


async def of_session(db: Database, session_id: str, kind: str) -> list[Delivery]:
    """Everything of one kind that was ever ordered for a session, oldest first."""
    rows = await db.rows(
        f"SELECT {COLUMNS} FROM outbox WHERE session_id = ? AND kind = ? ORDER BY seq",  # noqa: S608 - constant
        (session_id, kind),
    )
    return [_delivery(row) for row in rows]


async def last_calls(db: Database, since: float) -> dict[tuple[str, str], float]:
    """When a platform was last called for a channel, by (platform, channel); only what was not before `since`."""
    rows = await db.rows(
        """SELECT s.platform, coalesce(nullif(o.channel, ''), s.channel) AS place, max(o.begun_at) AS at
           FROM outbox o JOIN sessions s ON s.id = o.session_id WHERE o.begun_at >= ? GROUP BY 1, 2""",
        (since,),
    )
    return {(row["platform"], row["place"]): row["at"] for row in rows}


async def begin(tx: aiosqlite.Connection, delivery_id: str, at: float) -> None:
    """Note before the call that it is about to be made: whoever finds this later has to look before repeating it."""
    await tx.execute("UPDATE outbox SET tried = tried + 1, begun_at = ?, in_doubt = 1 WHERE id = ?", (at, delivery_id))


async def put_off(tx: aiosqlite.Connection, delivery_id: str) -> None:
    """The platform asked to wait: nothing has happened."""
    await tx.execute("UPDATE outbox SET tried = tried - 1, in_doubt = 0 WHERE id = ?", (delivery_id,))


async def failed(tx: aiosqlite.Connection, delivery_id: str, error: str, *, in_doubt: bool) -> None:
    """Note why it failed, and whether it may have arrived all the same."""
    await tx.execute("UPDATE outbox SET error = ?, in_doubt = ? WHERE id = ?", (error, in_doubt, delivery_id))


async def done(tx: aiosqlite.Connection, delivery_id: str, at: float, error: str = "") -> None:
    """The platform has confirmed it; with `error`, it is given up."""
    await tx.execute(
        "UPDATE outbox SET done_at = ?, in_doubt = 0, error = ? WHERE id = ?",
        (at, error, delivery_id),
    )


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(**{**dict(row), "payload": json.loads(row["payload"]), "in_doubt": bool(row["in_doubt"])})
