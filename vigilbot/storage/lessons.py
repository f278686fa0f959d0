"""What each question of a session taught: the result, the reason, and what changed in the knowledge base."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vigilbot.storage.rows import question_of, to_json

if TYPE_CHECKING:
    import sqlite3

    import aiosqlite

    from vigilbot.models import Question, Scope
    from vigilbot.storage.database import Database

Result = Literal["accepted", "learnt", "nothing", "kept", "deleted", "updated", "undecided", "passed"]
EntryChange = Literal["added", "merged", "replaced", "retired", "marked"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a lesson did to one entry; `version` is the one it made, or marked."""

    entry_id: str
    version: int
    change: EntryChange


@dataclass(frozen=True, slots=True)
class StoredLesson:
    """What one question of a session taught, as it is kept."""

    session_id: str
    message_id: str
    """The question's first message."""
    turn_id: str | None
    scope: Scope
    question: Question | None
    result: Result
    reason: str
    evidence: tuple[str, ...]
    """Ids of the messages it rests on."""
    entries: tuple[Effect, ...]
    seen: str
    """Digest of what was looked at."""
    reasoner: str
    learnt_at: float


async def save(tx: aiosqlite.Connection, lesson: StoredLesson) -> None:
    """Store what a question taught, in place of what was thought of it before."""
    await tx.execute(
        """INSERT OR REPLACE INTO lessons (session_id, message_id, turn_id, scope, question, result, reason, evidence,
                                           entries, seen, reasoner, learnt_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            lesson.session_id,
            lesson.message_id,
            lesson.turn_id,
            lesson.scope,
            to_json(lesson.question) if lesson.question else None,
            lesson.result,
            lesson.reason,
            to_json(lesson.evidence),
            to_json(lesson.entries),
            lesson.seen,
            lesson.reasoner,
            lesson.learnt_at,
        ),
    )


async def of_session(db: Database, session_id: str) -> list[StoredLesson]:
    """In the order in which the questions were asked."""
    rows = await db.rows(
        """SELECT l.* FROM lessons l LEFT JOIN messages m ON m.session_id = l.session_id AND m.id = l.message_id
           WHERE l.session_id = ? ORDER BY m.posted_at, m.seq""",
        (session_id,),
    )
    return [_lesson_of(row) for row in rows]


def _lesson_of(row: sqlite3.Row) -> StoredLesson:
    return StoredLesson(
        **{
            **dict(row),
            "question": question_of(json.loads(row["question"])) if row["question"] else None,
            "evidence": tuple(json.loads(row["evidence"])),
            "entries": tuple(Effect(**effect) for effect in json.loads(row["entries"])),
        }
    )
