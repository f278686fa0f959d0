"""Tickets: their state, how they came to it, and which belong together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vigilbot.errors import NotFound
from vigilbot.models import Ticket, Transition
from vigilbot.storage.rows import to_json

if TYPE_CHECKING:
    import sqlite3

    import aiosqlite
    from numpy.typing import NDArray

    from vigilbot.models import TicketState
    from vigilbot.storage.database import Database

MARK = """(SELECT max(CASE WHEN m.role != 'bot' THEN m.seq ELSE 0 END) || ':' || coalesce(max(m.edited_at), 0) || ':'
                  || sum(m.deleted) FROM messages m WHERE m.session_id = s.id)"""
"""Changes whenever a person writes, edits or deletes in session `s`; null while nobody has written."""
RECENT = 300
"""How many tickets a list shows."""


class Escalated(NamedTuple):
    """A ticket that others may be duplicates of, with the embedding of its statement, shape (dimensions,)."""

    ticket: Ticket
    vector: NDArray[np.float32]


class Statement(NamedTuple):
    """What a ticket is compared by: words, their embedding of shape (dimensions,), and the embedder's name."""

    text: str
    vector: NDArray[np.float32]
    embedder: str


async def find(db: Database, session_id: str) -> Ticket | None:
    """The ticket, or None when triage has not looked at the session yet."""
    row = await db.row("SELECT * FROM tickets WHERE session_id = ?", (session_id,))
    return _ticket(row) if row else None


async def get(db: Database, session_id: str) -> Ticket:
    """Raises NotFound."""
    if ticket := await find(db, session_id):
        return ticket
    raise NotFound(f"no ticket {session_id}")


async def get_in(tx: aiosqlite.Connection, session_id: str) -> Ticket:
    """The same, seen from inside a transaction. Raises NotFound."""
    for row in await tx.execute_fetchall("SELECT * FROM tickets WHERE session_id = ?", (session_id,)):
        return _ticket(row)
    raise NotFound(f"no ticket {session_id}")


async def linked_to(db: Database, session_id: str) -> list[Ticket]:
    """The tickets that are linked to this one, in the order of their sessions."""
    rows = await db.rows(
        """SELECT t.* FROM tickets t JOIN sessions s ON s.id = t.session_id
           WHERE t.first_id = ? ORDER BY s.opened_at, s.id""",
        (session_id,),
    )
    return [_ticket(row) for row in rows]


async def recent(db: Database) -> list[Ticket]:
    """The RECENT tickets that changed last, latest first."""
    return [_ticket(row) for row in await db.rows("SELECT * FROM tickets ORDER BY updated_at DESC LIMIT ?", (RECENT,))]


async def mark_of(db: Database, session_id: str) -> str | None:
    """What there is to judge in the session: equal marks mean the same messages; None: nobody has written."""
    row = await db.row(f"SELECT {MARK} AS mark FROM sessions s WHERE s.id = ?", (session_id,))  # noqa: S608 - constant
    return row["mark"] if row else None


async def waiting(db: Database) -> list[str]:
    """The sessions that triage has to look at: something new was said, or they were closed or reopened."""
    rows = await db.rows(
        f"""SELECT s.id FROM sessions s LEFT JOIN tickets t ON t.session_id = s.id
            WHERE (s.state != 'closed' AND {MARK} != coalesce(t.seen, ''))
               OR (t.session_id IS NOT NULL AND (s.state = 'closed') != (t.state = 'closed'))
               OR t.state IN ('analyzing', 'pending')
            ORDER BY s.active_at"""  # noqa: S608 - constant
    )
    return [row["id"] for row in rows]


async def escalated_since(db: Database, moment: float, embedder: str) -> list[Escalated]:
    """The tickets escalated since `moment` whose statement was embedded by `embedder`, oldest first."""
    rows = await db.rows(
        """SELECT * FROM tickets WHERE escalated_at >= ? AND first_id IS NULL AND embedder = ? AND vector IS NOT NULL
           ORDER BY escalated_at""",
        (moment, embedder),
    )
    return [Escalated(_ticket(row), np.frombuffer(row["vector"], dtype=np.float32)) for row in rows]


async def customers(db: Database, session_id: str) -> int:
    """How many customers have written in the incident of which this is the first ticket."""
    row = await db.row(
        """SELECT count(DISTINCT m.author) AS n FROM messages m JOIN tickets t ON t.session_id = m.session_id
           WHERE m.role = 'customer' AND (t.session_id = ?1 OR t.first_id = ?1)""",
        (session_id,),
    )
    return int(row["n"]) if row else 0


async def last_seq(db: Database, session_id: str) -> int:
    """The order of arrival of the session's latest message."""
    row = await db.row("SELECT coalesce(max(seq), 0) AS seq FROM messages WHERE session_id = ?", (session_id,))
    return int(row["seq"]) if row else 0


async def move(
    tx: aiosqlite.Connection, ticket: Ticket, before: TicketState | None, reason: str, at: float, by: str = ""
) -> None:
    """Store the ticket; when its state is not `before`, also how it came to it."""
    await tx.execute(
        """INSERT INTO tickets (session_id, state, category, gravity, reason, evidence, problem, first_id, apart, seen,
                                escalated_at, closed_at, updated_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (session_id) DO UPDATE SET state = excluded.state, category = excluded.category,
             gravity = excluded.gravity, reason = excluded.reason, evidence = excluded.evidence,
             problem = excluded.problem, first_id = excluded.first_id, apart = excluded.apart, seen = excluded.seen,
             escalated_at = excluded.escalated_at, closed_at = excluded.closed_at, updated_at = excluded.updated_at""",
        (
            ticket.session_id,
            ticket.state,
            ticket.category,
            ticket.gravity,
            ticket.reason,
            to_json(ticket.evidence),
            ticket.problem,
            ticket.first_id,
            to_json(ticket.apart),
            ticket.seen,
            ticket.escalated_at,
            ticket.closed_at,
            at,
        ),
    )
    if ticket.state != before:
        await tx.execute(
            "INSERT INTO ticket_transitions (session_id, before, after, reason, by, at) VALUES (?, ?, ?, ?, ?, ?)",
            (ticket.session_id, before, ticket.state, reason, by, at),
        )


async def state_problem(tx: aiosqlite.Connection, session_id: str, statement: Statement) -> None:
    """Replace what other tickets are compared with."""
    await tx.execute(
        "UPDATE tickets SET statement = ?, vector = ?, embedder = ? WHERE session_id = ?",
        (statement.text, statement.vector.astype(np.float32).tobytes(), statement.embedder, session_id),
    )


async def transitions(db: Database, session_id: str) -> list[Transition]:
    """How the ticket came to its state, oldest first."""
    rows = await db.rows(
        "SELECT session_id, before, after, reason, by, at FROM ticket_transitions WHERE session_id = ? ORDER BY id",
        (session_id,),
    )
    return [Transition(**dict(row)) for row in rows]


def _ticket(row: sqlite3.Row) -> Ticket:
    fields = {name: row[name] for name in row.keys() if name not in {"vector", "embedder"}}  # noqa: SIM118 - a Row iterates over values
    fields["evidence"] = tuple(json.loads(row["evidence"]))
    fields["apart"] = tuple(json.loads(row["apart"]))
    return Ticket(**fields)
