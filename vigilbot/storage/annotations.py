"""Annotations and the flags on them, the signals beside them, and whom the bot has asked for one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vigilbot.models import (
    Adoption,
    Annotation,
    AnnotationKind,
    Candidate,
    Flag,
    Judged,
    MissingKnowledge,
    Preference,
    Relevance,
    Rewording,
    Signal,
)
from vigilbot.storage.rows import to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    import aiosqlite

    from vigilbot.models import Audience, Statement
    from vigilbot.storage.database import Database


async def add(tx: aiosqlite.Connection, annotation: Annotation) -> None:
    """Store an annotation in place of the analyst's earlier one of its kind on the turn, whose flags go with it."""
    await tx.execute(
        """INSERT OR REPLACE INTO annotations
             (id, session_id, turn_id, analyst, kind, audience, statement, asked, shown_at, made_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            annotation.id,
            annotation.session_id,
            annotation.turn_id,
            annotation.analyst,
            annotation.kind,
            annotation.audience,
            to_json(annotation.statement),
            annotation.asked,
            annotation.shown_at,
            annotation.made_at,
        ),
    )


async def since(
    db: Database, moment: float = 0.0, audience: Audience | None = None, kind: AnnotationKind | None = None
) -> list[Annotation]:
    """What was said from `moment` on, oldest first; with `audience`, only what is made of that audience's knowledge."""
    rows = await db.rows(
        """SELECT * FROM annotations WHERE made_at >= ?1 AND (?2 IS NULL OR audience = ?2)
             AND (?3 IS NULL OR kind = ?3) ORDER BY made_at, rowid""",
        (moment, audience, kind),
    )
    return [annotation_of(row) for row in rows]


async def shared(db: Database, moment: float = 0.0) -> list[Annotation]:
    """What was said from `moment` on where several analysts have said something of one kind about one turn."""
    rows = await db.rows(
        """SELECT * FROM annotations WHERE made_at >= ?1 AND (turn_id, kind) IN
             (SELECT turn_id, kind FROM annotations WHERE made_at >= ?1 GROUP BY turn_id, kind HAVING count(*) > 1)
           ORDER BY made_at, rowid""",
        (moment,),
    )
    return [annotation_of(row) for row in rows]


async def of_turns(db: Database, turn_ids: Iterable[str]) -> list[Annotation]:
    """Everything said about these turns, oldest first."""
    rows = await db.rows(
        "SELECT * FROM annotations WHERE turn_id IN (SELECT value FROM json_each(?)) ORDER BY made_at, rowid",
        (json.dumps(list(turn_ids)),),
    )
    return [annotation_of(row) for row in rows]


async def of_turn_in(tx: aiosqlite.Connection, turn_id: str) -> list[Annotation]:
    """Everything said about a turn, oldest first, seen from inside a transaction."""
    rows = await tx.execute_fetchall("SELECT * FROM annotations WHERE turn_id = ? ORDER BY made_at, rowid", (turn_id,))
    return [annotation_of(row) for row in rows]


async def latest_in(tx: aiosqlite.Connection, analyst: str, kind: AnnotationKind, limit: int) -> list[Annotation]:
    """What an analyst said last of one kind, newest first, seen from inside a transaction."""
    rows = await tx.execute_fetchall(
        "SELECT * FROM annotations WHERE analyst = ? AND kind = ? ORDER BY made_at DESC, rowid DESC LIMIT ?",
        (analyst, kind, limit),
    )
    return [annotation_of(row) for row in rows]


async def flag(tx: aiosqlite.Connection, doubt: Flag) -> None:
    """Put a judge's doubt beside an annotation, in place of the same judge's earlier one.

    One that has been said anew meanwhile is not there any longer, and nothing is doubted.
    """
    await tx.execute(
        """INSERT OR REPLACE INTO annotation_flags (annotation_id, judge, reason, flagged_at)
           SELECT id, ?2, ?3, ?4 FROM annotations WHERE id = ?1""",
        (doubt.annotation_id, doubt.judge, doubt.reason, doubt.flagged_at),
    )


async def flags(db: Database) -> list[Flag]:
    """Every doubt about an annotation, in the order in which the annotations were made."""
    rows = await db.rows(
        """SELECT f.* FROM annotation_flags f JOIN annotations a ON a.id = f.annotation_id
           ORDER BY a.made_at, a.rowid, f.judge"""
    )
    return [Flag(**dict(row)) for row in rows]


async def notice(tx: aiosqlite.Connection, signal: Signal) -> None:
    """Store a signal; what one message says about a turn counts once."""
    await tx.execute(
        """INSERT OR IGNORE INTO signals (kind, session_id, turn_id, person, message_id, likeness, noticed_at)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (
            signal.kind,
            signal.session_id,
            signal.turn_id,
            signal.person,
            signal.message_id,
            signal.likeness,
            signal.noticed_at,
        ),
    )


async def signals(db: Database) -> list[Signal]:
    """Everything that was noticed, oldest first."""
    rows = await db.rows("SELECT * FROM signals ORDER BY noticed_at, turn_id, kind")
    return [Signal(**dict(row)) for row in rows]


def annotation_of(row: sqlite3.Row) -> Annotation:
    return Annotation(
        id=row["id"],
        session_id=row["session_id"],
        turn_id=row["turn_id"],
        analyst=row["analyst"],
        audience=row["audience"],
        statement=_statement(row["kind"], json.loads(row["statement"])),
        asked=bool(row["asked"]),
        shown_at=row["shown_at"],
        made_at=row["made_at"],
    )


def _statement(kind: AnnotationKind, said: dict[str, Any]) -> Statement:
    match kind:
        case "preference":
            sides = {side: candidate_of(said[side]) for side in ("left", "right")}
            return Preference(**{**said, **sides})
        case "adoption":
            changes = tuple(Rewording(**change) for change in said["changes"])
            return Adoption(**{**said, "reasons": tuple(said["reasons"]), "changes": changes})
        case "relevance":
            return Relevance(tuple(Judged(**judged) for judged in said["references"]), said["note"])
        case "missing_knowledge":
            return MissingKnowledge(**said)


def candidate_of(said: dict[str, Any]) -> Candidate:
    return Candidate(**{**said, "entries": tuple(said["entries"])})
