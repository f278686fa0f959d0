"""Sessions and their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.errors import NotFound
from vigilbot.storage.rows import message_of, session_of, to_json

if TYPE_CHECKING:
    import aiosqlite

    from vigilbot.models import Message, Session
    from vigilbot.storage.database import Database

IN_ORDER = "ORDER BY posted_at, seq"
RECENT = 200
"""How many sessions a list shows."""


async def save(tx: aiosqlite.Connection, session: Session) -> None:
    """Insert the session, or bring its stored row up to date."""
    await tx.execute(
        """INSERT INTO sessions (id, platform, channel, thread, title, state, muted, opened_at, engaged_at, closed_at,
                                 active_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET title = excluded.title, state = excluded.state, muted = excluded.muted,
             engaged_at = excluded.engaged_at, closed_at = excluded.closed_at, active_at = excluded.active_at""",
        (
            session.id,
            session.platform,
            session.channel,
            session.thread,
            session.title,
            session.state,
            session.muted,
            session.opened_at,
            session.engaged_at,
            session.closed_at,
            session.active_at,
        ),
    )


async def find(db: Database, session_id: str) -> Session | None:
    """The session, or None when there is none."""
    row = await db.row("SELECT * FROM sessions WHERE id = ?", (session_id,))
    return session_of(row) if row else None


async def get(db: Database, session_id: str) -> Session:
    """Raises NotFound."""
    if session := await find(db, session_id):
        return session
    raise NotFound(f"no session {session_id}")


async def get_in(tx: aiosqlite.Connection, session_id: str) -> Session:
    """The same, seen from inside a transaction. Raises NotFound."""
    for row in await tx.execute_fetchall("SELECT * FROM sessions WHERE id = ?", (session_id,)):
        return session_of(row)
    raise NotFound(f"no session {session_id}")


async def recent(db: Database) -> list[Session]:
    """The RECENT sessions that were active last, latest first."""
    rows = await db.rows("SELECT * FROM sessions ORDER BY active_at DESC LIMIT ?", (RECENT,))
    return [session_of(row) for row in rows]


async def idle_since(db: Database, moment: float) -> list[Session]:
    """Sessions not closed in which nothing has happened since `moment`."""
    rows = await db.rows("SELECT * FROM sessions WHERE state != 'closed' AND active_at < ?", (moment,))
    return [session_of(row) for row in rows]


async def add_message(tx: aiosqlite.Connection, message: Message, turn_id: str | None) -> bool:
    """Store a message; False when the session already has it."""
    cursor = await tx.execute(
        """INSERT OR IGNORE INTO messages (session_id, id, author, role, text, images, posted_at, turn_id, seq)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(seq), 0) + 1 FROM messages WHERE session_id = ?))""",
        (
            message.session_id,
            message.id,
            message.author,
            message.role,
            message.text,
            to_json(message.images),
            message.posted_at,
            turn_id,
            message.session_id,
        ),
    )
    return cursor.rowcount == 1


async def unturned(tx: aiosqlite.Connection, session_id: str, after: float, before: float | None) -> list[str]:
    """Ids of the customers' messages posted in between that belong to no turn, in posting order; None: until now."""
    rows = await tx.execute_fetchall(
        f"""SELECT id FROM messages WHERE session_id = ?1 AND role = 'customer' AND turn_id IS NULL AND NOT deleted
            AND posted_at > ?2 AND (?3 IS NULL OR posted_at < ?3) {IN_ORDER}""",  # noqa: S608 - constant
        (session_id, after, before),
    )
    return [row["id"] for row in rows]


async def put_into_turn(tx: aiosqlite.Connection, session_id: str, message_ids: list[str], turn_id: str) -> None:
    await tx.executemany(
        "UPDATE messages SET turn_id = ? WHERE session_id = ? AND id = ?",
        [(turn_id, session_id, message_id) for message_id in message_ids],
    )


async def edit_message(tx: aiosqlite.Connection, session_id: str, message_id: str, text: str, edited_at: float) -> bool:
    """Replace a message's text; False when it is unknown, deleted, or says the same already."""
    cursor = await tx.execute(
        "UPDATE messages SET text = ?, edited_at = ? WHERE session_id = ? AND id = ? AND text != ? AND NOT deleted",
        (text, edited_at, session_id, message_id, text),
    )
    return cursor.rowcount == 1


async def delete_message(tx: aiosqlite.Connection, session_id: str, message_id: str) -> bool:
    """Forget a message's content and mark it deleted; False when it is unknown or deleted already.

    The first message's words are the session's title: they go too.
    """
    await tx.execute(
        """UPDATE sessions SET title = '(deleted)' WHERE id = ?1 AND ?2 =
             (SELECT id FROM messages m WHERE m.session_id = ?1 ORDER BY posted_at, seq LIMIT 1)""",
        (session_id, message_id),
    )
    cursor = await tx.execute(
        "UPDATE messages SET text = '', images = '[]', deleted = 1 WHERE session_id = ? AND id = ? AND NOT deleted",
        (session_id, message_id),
    )
    return cursor.rowcount == 1


async def messages(db: Database, session_id: str) -> list[Message]:
    """All messages of a session in posting order, deleted ones included (without content)."""
    rows = await db.rows(f"SELECT * FROM messages WHERE session_id = ? {IN_ORDER}", (session_id,))  # noqa: S608 - constant
    return [message_of(row) for row in rows]


async def message(db: Database, session_id: str, message_id: str) -> Message:
    """Raises NotFound."""
    row = await db.row("SELECT * FROM messages WHERE session_id = ? AND id = ?", (session_id, message_id))
    if row is None:
        raise NotFound(f"no message {message_id}")
    return message_of(row)


async def messages_in(tx: aiosqlite.Connection, session_id: str) -> list[Message]:
    """The same, seen from inside a transaction."""
    rows = await tx.execute_fetchall(f"SELECT * FROM messages WHERE session_id = ? {IN_ORDER}", (session_id,))  # noqa: S608 - constant
    return [message_of(row) for row in rows]


async def messages_of_turn_in(tx: aiosqlite.Connection, session_id: str, turn_id: str) -> list[Message]:
    """Those that make up one turn, seen from inside a transaction."""
    rows = await tx.execute_fetchall(
        f"SELECT * FROM messages WHERE session_id = ? AND turn_id = ? {IN_ORDER}",  # noqa: S608 - constant
        (session_id, turn_id),
    )
    return [message_of(row) for row in rows]


async def has_message(db: Database, session_id: str, message_id: str) -> bool:
    row = await db.row("SELECT 1 FROM messages WHERE session_id = ? AND id = ?", (session_id, message_id))
    return row is not None


async def has_written(db: Database, session_id: str, author: str) -> bool:
    """Whether this person has a message in the session."""
    row = await db.row("SELECT 1 FROM messages WHERE session_id = ? AND author = ? LIMIT 1", (session_id, author))
    return row is not None


async def analysts_in(tx: aiosqlite.Connection, session_id: str) -> list[str]:
    """The analysts who have written in the session, in the order in which they joined."""
    rows = await tx.execute_fetchall(
        """SELECT author FROM messages WHERE session_id = ? AND role = 'analyst' AND NOT deleted
           GROUP BY author ORDER BY min(posted_at), min(seq)""",
        (session_id,),
    )
    return [row["author"] for row in rows]


async def last_messages(db: Database, session_ids: list[str]) -> dict[str, Message]:
    """The latest message of each of these sessions that has one, by session id."""
    marks = ",".join("?" * len(session_ids))
    rows = await db.rows(
        f"""SELECT *, max(posted_at) FROM messages WHERE session_id IN ({marks}) GROUP BY session_id""",  # noqa: S608 - only marks
        session_ids,
    )
    return {row["session_id"]: message_of(row) for row in rows}
