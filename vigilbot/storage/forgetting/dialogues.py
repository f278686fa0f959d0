"""Forgetting what was said: a whole session, or one person wherever they wrote."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from vigilbot.storage.forgetting.quotes import FORGOTTEN, forget_answers
from vigilbot.storage.inbox import EMPTIED

if TYPE_CHECKING:
    import aiosqlite

PLACE = """platform || '-' || json_extract(CAST(payload AS TEXT), '$.place.channel')
                    || '-' || json_extract(CAST(payload AS TEXT), '$.place.thread')"""

PEOPLE = (
    ("cards", "accepted_by"),
    ("cards", "chosen_by"),
    ("entry_versions", "who"),
    ("suggestions", "decided_by"),
    ("delivery_choices", "chosen_by"),
    ("gaps", "opened_by"),
    ("gaps", "closed_by"),
)
"""Columns that hold a person's name or id."""
SAID_BY = (
    ("annotations", "analyst"),
    ("annotation_requests", "analyst"),
    ("annotation_snoozes", "analyst"),
    ("signals", "person"),
)
"""Rows that are about what one person said or did, and go with them."""
NAMED = (("turns", "reason"), ("lessons", "reason"), ("misleading", "why"), ("entry_versions", "why"))
"""Sentences that may name a person."""


async def forget_session(tx: aiosqlite.Connection, session_id: str) -> None:
    """Remove a session with messages, turns, cards, lessons and deliveries; its events keep their id alone."""
    await tx.execute(
        "DELETE FROM model_calls WHERE turn_id = ?1 OR turn_id IN (SELECT id FROM turns WHERE session_id = ?1)",
        (session_id,),
    )
    await tx.execute(f"{EMPTIED} WHERE {PLACE} = ?", (session_id,))
    await tx.execute("DELETE FROM misleading WHERE session_id = ?", (session_id,))
    await tx.execute("DELETE FROM sessions WHERE id = ?", (session_id,))


async def forget_person(tx: aiosqlite.Connection, person: str) -> None:
    """Blank a person's messages and what was made of them, and their name wherever the bot has put it down."""
    await _forget_events(tx, person)
    await _forget_lessons(tx, person)
    turns = await tx.execute_fetchall(
        "SELECT DISTINCT turn_id FROM messages WHERE author = ? AND turn_id IS NOT NULL", (person,)
    )
    ids = [row["turn_id"] for row in turns]
    await forget_answers(tx, ids, questions=True)
    await tx.execute(
        "UPDATE turns SET question = NULL, reason = '' WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
    )
    await tx.execute(
        """UPDATE sessions SET title = ?2 WHERE ?1 =
             (SELECT author FROM messages m WHERE m.session_id = sessions.id ORDER BY posted_at, seq LIMIT 1)""",
        (person, FORGOTTEN),
    )
    await tx.execute(
        "UPDATE messages SET text = '', images = '[]', deleted = 1, author = ?2 WHERE author = ?1", (person, FORGOTTEN)
    )
    for table, column in SAID_BY:
        await tx.execute(f"DELETE FROM {table} WHERE {column} = ?", (person,))  # noqa: S608 - constants
    await tx.execute("DELETE FROM delivery_choices WHERE audience = 'customer:' || ?", (person,))
    await _forget_name(tx, person)


async def _forget_events(tx: aiosqlite.Connection, person: str) -> None:
    await tx.execute(
        f"""{EMPTIED} WHERE json_extract(CAST(payload AS TEXT), '$.author') = ?1
              OR EXISTS (SELECT 1 FROM messages m WHERE m.author = ?1 AND m.session_id = {PLACE}
                           AND m.id = json_extract(CAST(payload AS TEXT), '$.message_id'))""",  # noqa: S608 - constants
        (person,),
    )


async def _forget_lessons(tx: aiosqlite.Connection, person: str) -> None:
    theirs = """EXISTS (SELECT 1 FROM messages m WHERE m.author = ?1 AND m.session_id = {table}.session_id
                          AND (m.id = {table}.message_id OR m.turn_id = {turn}{evidence}))"""
    evidence = " OR m.id IN (SELECT value FROM json_each(lessons.evidence))"
    lessons = theirs.format(table="lessons", turn="lessons.turn_id", evidence=evidence)
    await tx.execute(f"DELETE FROM lessons WHERE {lessons}", (person,))  # noqa: S608 - constants
    marks = theirs.format(table="misleading", turn="NULL", evidence="")
    await tx.execute(f"DELETE FROM misleading WHERE {marks}", (person,))  # noqa: S608 - constants


async def _forget_name(tx: aiosqlite.Connection, person: str) -> None:
    for table, column in PEOPLE:
        await tx.execute(f"UPDATE {table} SET {column} = ?2 WHERE {column} = ?1", (person, FORGOTTEN))  # noqa: S608 - constants
    name = re.compile(rf"(?<!\w){re.escape(person)}(?!\w)")
    for table, column in NAMED:
        rows = await tx.execute_fetchall(
            f"SELECT rowid, {column} AS said FROM {table} WHERE instr({column}, ?)",  # noqa: S608 - constants
            (person,),
        )
        await tx.executemany(
            f"UPDATE {table} SET {column} = ? WHERE rowid = ?",  # noqa: S608 - constants
            [(name.sub(FORGOTTEN, row["said"]), row["rowid"]) for row in rows],
        )
    await tx.execute("UPDATE annotation_flags SET reason = ?2 WHERE instr(reason, ?1)", (person, FORGOTTEN))
    notices = await tx.execute_fetchall(
        "SELECT seq, payload ->> 'text' AS said FROM outbox WHERE instr(payload ->> 'text', ?)",
        (person,),
    )
    await tx.executemany(
        "UPDATE outbox SET payload = json_set(payload, '$.text', ?) WHERE seq = ?",
        [(name.sub(FORGOTTEN, row["said"]), row["seq"]) for row in notices],
    )
    await tx.execute(
        "UPDATE outbox SET payload = json_set(payload, '$.to', ?2) WHERE payload ->> 'to' = ?1",
        (person, FORGOTTEN),
    )


async def pictures(tx: aiosqlite.Connection) -> set[str]:
    """Where the pictures of all messages are."""
    rows = await tx.execute_fetchall(
        "SELECT DISTINCT json_extract(i.value, '$.location') AS at FROM messages m, json_each(m.images) i"
    )
    return {row["at"] for row in rows}
