"""Alerts, and what people did with them."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from vigilbot.errors import NotFound
from vigilbot.models import Alert, AlertAnswer
from vigilbot.storage.rows import message_of, to_json

if TYPE_CHECKING:
    import sqlite3

    import aiosqlite

    from vigilbot.models import AlertAnswerKind, Message
    from vigilbot.storage.database import Database


async def add(tx: aiosqlite.Connection, alert: Alert) -> None:
    await tx.execute(
        """INSERT INTO alerts (id, session_id, category, gravity, reason, evidence, upto, channel, mention, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            alert.id,
            alert.session_id,
            alert.category,
            alert.gravity,
            alert.reason,
            to_json(alert.evidence),
            alert.upto,
            alert.channel,
            alert.mention,
            alert.created_at,
        ),
    )


async def posted(tx: aiosqlite.Connection, alert_id: str, reference: str) -> None:
    """The platform has confirmed it."""
    await tx.execute("UPDATE alerts SET posted_ref = ? WHERE id = ?", (reference, alert_id))


async def find(db: Database, alert_id: str) -> Alert | None:
    row = await db.row("SELECT * FROM alerts WHERE id = ?", (alert_id,))
    return _alert(row) if row else None


async def get(db: Database, alert_id: str) -> Alert:
    """Raises NotFound."""
    if alert := await find(db, alert_id):
        return alert
    raise NotFound(f"no alert {alert_id}")


async def get_in(tx: aiosqlite.Connection, alert_id: str) -> Alert:
    """The same, seen from inside a transaction. Raises NotFound."""
    for row in await tx.execute_fetchall("SELECT * FROM alerts WHERE id = ?", (alert_id,)):
        return _alert(row)
    raise NotFound(f"no alert {alert_id}")


async def of_ticket(db: Database, session_id: str) -> list[Alert]:
    """The alerts of an incident's first ticket, oldest first."""
    rows = await db.rows("SELECT * FROM alerts WHERE session_id = ? ORDER BY created_at, rowid", (session_id,))
    return [_alert(row) for row in rows]


async def every(db: Database) -> list[Alert]:
    """All alerts, oldest first."""
    rows = await db.rows("SELECT * FROM alerts ORDER BY created_at, rowid")
    return [_alert(row) for row in rows]


async def judged_on(db: Database, alert: Alert) -> list[Message]:
    """What had been written when the alert was given, as it reads now; without what was deleted since."""
    rows = await db.rows(
        "SELECT * FROM messages WHERE session_id = ? AND seq <= ? AND NOT deleted ORDER BY posted_at, seq",
        (alert.session_id, alert.upto),
    )
    return [message_of(row) for row in rows]


async def answer(tx: aiosqlite.Connection, answer: AlertAnswer) -> bool:
    """Keep what somebody did with an alert; False when there is no such alert. Their later opinion stands."""
    cursor = await tx.execute(
        """INSERT OR REPLACE INTO alert_answers (alert_id, author, opinion, kind, category, note, given_at)
           SELECT id, ?, ?, ?, ?, ?, ? FROM alerts WHERE id = ?""",
        (
            answer.author,
            answer.kind != "opened",
            answer.kind,
            answer.category,
            answer.note,
            answer.given_at,
            answer.alert_id,
        ),
    )
    return cursor.rowcount == 1


async def answers(db: Database, alert_id: str) -> list[AlertAnswer]:
    """What people did with an alert, oldest first."""
    rows = await db.rows(
        """SELECT alert_id, kind, author, category, note, given_at FROM alert_answers
           WHERE alert_id = ? ORDER BY given_at""",
        (alert_id,),
    )
    return [AlertAnswer(**dict(row)) for row in rows]


async def counted(db: Database, alert_id: str) -> Counter[AlertAnswerKind]:
    """How many people did what."""
    return Counter(answer.kind for answer in await answers(db, alert_id))


async def is_ordered(tx: aiosqlite.Connection, kind: str, alert_id: str) -> bool:
    """Whether a delivery of this kind about the alert is in the outbox and has not been begun: it will tell all."""
    rows = await tx.execute_fetchall(
        """SELECT 1 FROM outbox WHERE kind = ? AND json_extract(payload, '$.alert_id') = ? AND tried = 0
             AND done_at IS NULL LIMIT 1""",
        (kind, alert_id),
    )
    return bool(list(rows))


async def was_noticed(tx: aiosqlite.Connection, session_id: str, text: str, since: float) -> bool:
    """Whether this notice has been ordered for the session since then."""
    rows = await tx.execute_fetchall(
        """SELECT 1 FROM outbox WHERE session_id = ? AND json_extract(payload, '$.text') = ? AND created_at >= ?
           LIMIT 1""",
        (session_id, text, since),
    )
    return bool(list(rows))


def _alert(row: sqlite3.Row) -> Alert:
    return Alert(**{**dict(row), "evidence": tuple(json.loads(row["evidence"]))})
