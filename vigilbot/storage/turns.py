"""Turns and their outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.errors import NotFound
from vigilbot.storage.rows import to_json, turn_of

if TYPE_CHECKING:
    import sqlite3

    import aiosqlite

    from vigilbot.models import Turn
    from vigilbot.storage.database import Database


_ANEW = """outcome = NULL, reason = '', scope = NULL, question = NULL, refs = '[]', findings = '[]', answer = NULL,
           timings = '{}', ended_at = NULL, duplicate_of = NULL"""


async def open_turn(tx: aiosqlite.Connection, turn: Turn) -> None:
    """Store a turn that has no outcome yet."""
    await tx.execute(
        "INSERT INTO turns (id, session_id, created_at, addressed) VALUES (?, ?, ?, ?)",
        (turn.id, turn.session_id, turn.created_at, turn.addressed),
    )


async def mark_addressed(tx: aiosqlite.Connection, turn_id: str) -> None:
    await tx.execute("UPDATE turns SET addressed = 1 WHERE id = ?", (turn_id,))


async def end_turn(tx: aiosqlite.Connection, turn: Turn) -> bool:
    """Store how a turn ended; False when it had ended before, and nothing changes."""
    cursor = await tx.execute(
        """UPDATE turns SET scope = ?, question = ?, refs = ?, findings = ?, answer = ?, outcome = ?, reason = ?,
                            timings = ?, ended_at = ?, duplicate_of = ? WHERE id = ? AND outcome IS NULL""",
        (
            turn.scope,
            to_json(turn.question) if turn.question else None,
            to_json(turn.references),
            to_json(turn.findings),
            to_json(turn.answer) if turn.answer else None,
            turn.outcome,
            turn.reason,
            to_json(turn.timings),
            turn.ended_at,
            turn.duplicate_of,
            turn.id,
        ),
    )
    return cursor.rowcount == 1


async def reopen(tx: aiosqlite.Connection, session_id: str, message_id: str) -> Turn | None:
    """Take the outcome from the turn of this message, so that it is judged anew; None when it has none to take.

    Only a turn that ended without a card, and only while nobody has written since: then the edit asks again.
    """
    rows = await tx.execute_fetchall(
        f"""UPDATE turns SET {_ANEW}
            WHERE outcome IN ('no_assistance', 'out_of_scope', 'refused', 'failed')
              AND id = (SELECT turn_id FROM messages WHERE session_id = ?1 AND id = ?2)
              AND id = (SELECT turn_id FROM messages WHERE session_id = ?1 ORDER BY posted_at DESC, seq DESC LIMIT 1)
            RETURNING *""",  # noqa: S608 - constant
        (session_id, message_id),
    )
    return next((turn_of(row, [message_id]) for row in rows), None)


async def duplicates_of(tx: aiosqlite.Connection, card_id: str) -> list[str]:
    """The turns that got no card because this one had given their answer, oldest first."""
    rows = await tx.execute_fetchall(
        "SELECT id FROM turns WHERE duplicate_of = ? AND outcome = 'duplicate' ORDER BY created_at, rowid", (card_id,)
    )
    return [row["id"] for row in rows]


async def begin_again(tx: aiosqlite.Connection, turn_id: str, message_ids: list[str]) -> Turn:
    """Take the outcome from a turn, which these messages make up, so that it is judged anew."""
    [row] = await tx.execute_fetchall(f"UPDATE turns SET {_ANEW} WHERE id = ? RETURNING *", (turn_id,))  # noqa: S608 - constant
    return turn_of(row, message_ids)


async def overtake(tx: aiosqlite.Connection, turn: Turn) -> None:
    """An answered turn whose card was taken back before anybody saw it."""
    await tx.execute(
        "UPDATE turns SET outcome = 'overtaken', reason = ? WHERE id = ? AND outcome = 'answered'",
        (turn.reason, turn.id),
    )


async def get(db: Database, turn_id: str) -> Turn:
    """Raises NotFound."""
    row = await db.row("SELECT * FROM turns WHERE id = ?", (turn_id,))
    if row is None:
        raise NotFound(f"no turn {turn_id}")
    [turn] = await _with_messages(db, [row])
    return turn


async def of_session(db: Database, session_id: str) -> list[Turn]:
    """A session's turns, oldest first."""
    return await _with_messages(
        db, await db.rows("SELECT * FROM turns WHERE session_id = ? ORDER BY created_at, rowid", (session_id,))
    )


async def unfinished(db: Database) -> list[Turn]:
    """Turns without an outcome, oldest first: what a crash or a stop has interrupted."""
    return await _with_messages(
        db, await db.rows("SELECT * FROM turns WHERE outcome IS NULL ORDER BY created_at, rowid")
    )


async def _with_messages(db: Database, rows: list[sqlite3.Row]) -> list[Turn]:
    if not rows:
        return []
    marks = ",".join("?" * len(rows))
    links = await db.rows(
        f"SELECT turn_id, id FROM messages WHERE turn_id IN ({marks}) ORDER BY posted_at, seq",  # noqa: S608 - only marks
        [row["id"] for row in rows],
    )
    return [turn_of(row, [link["id"] for link in links if link["turn_id"] == row["id"]]) for row in rows]
