"""Suggestions: answers that customers have not seen; and how answers for an audience are delivered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from vigilbot.errors import NotFound
from vigilbot.models import DeliveryChoice, Source, Suggestion
from vigilbot.storage.rows import parts_of, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    import aiosqlite

    from vigilbot.models import Audience, DeliveryMode, SuggestionState
    from vigilbot.storage.database import Database


async def add(tx: aiosqlite.Connection, suggestion: Suggestion) -> None:
    await tx.execute(
        """INSERT INTO suggestions (id, session_id, turn_id, parts, sources, reasoner, mode, state, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            suggestion.id,
            suggestion.session_id,
            suggestion.turn_id,
            to_json(suggestion.parts),
            to_json(suggestion.sources),
            suggestion.reasoner,
            suggestion.mode,
            suggestion.state,
            suggestion.created_at,
        ),
    )


async def decide(tx: aiosqlite.Connection, suggestion_id: str, state: SuggestionState, analyst: str, at: float) -> bool:
    """Note what became of it; False when an analyst decided before, and nothing changes.

    One that was overtaken, because an analyst wrote an answer of their own, can still be posted.
    """
    cursor = await tx.execute(
        """UPDATE suggestions SET state = ?1, decided_by = ?2, decided_at = ?3
           WHERE id = ?4 AND mode = 'suggest' AND state IN ('open', 'overtaken') AND state != ?1""",
        (state, analyst, at, suggestion_id),
    )
    return cursor.rowcount == 1


async def became(tx: aiosqlite.Connection, suggestion_id: str, card_id: str) -> None:
    """It was posted as this card."""
    await tx.execute("UPDATE suggestions SET card_id = ? WHERE id = ?", (card_id, suggestion_id))


async def get(db: Database, suggestion_id: str) -> Suggestion:
    """Raises NotFound."""
    row = await db.row("SELECT * FROM suggestions WHERE id = ?", (suggestion_id,))
    if row is None:
        raise NotFound(f"no suggestion {suggestion_id}")
    return _suggestion_of(row)


async def get_in(tx: aiosqlite.Connection, suggestion_id: str) -> Suggestion:
    """The same, seen from inside a transaction. Raises NotFound."""
    for row in await tx.execute_fetchall("SELECT * FROM suggestions WHERE id = ?", (suggestion_id,)):
        return _suggestion_of(row)
    raise NotFound(f"no suggestion {suggestion_id}")


async def of_session(db: Database, session_id: str) -> list[Suggestion]:
    """A session's suggestions, oldest first."""
    rows = await db.rows("SELECT * FROM suggestions WHERE session_id = ? ORDER BY created_at, rowid", (session_id,))
    return [_suggestion_of(row) for row in rows]


async def of_turn(db: Database, turn_id: str) -> Suggestion | None:
    row = await db.row("SELECT * FROM suggestions WHERE turn_id = ?", (turn_id,))
    return _suggestion_of(row) if row else None


async def open_for(db: Database, analyst: str) -> list[Suggestion]:
    """What waits for this analyst to decide, latest first: in running sessions in which they have written."""
    rows = await db.rows(
        """SELECT s.* FROM suggestions s JOIN sessions ON sessions.id = s.session_id
           WHERE s.state = 'open' AND s.mode = 'suggest' AND sessions.state != 'closed' AND NOT sessions.muted
             AND EXISTS (SELECT 1 FROM messages m WHERE m.session_id = s.session_id AND m.author = ?
                                                    AND m.role = 'analyst')
           ORDER BY s.created_at DESC, s.rowid DESC""",
        (analyst,),
    )
    return [_suggestion_of(row) for row in rows]


async def choose(tx: aiosqlite.Connection, choice: DeliveryChoice) -> None:
    """Deliver answers for an audience in this way from now on."""
    await tx.execute(
        "INSERT OR REPLACE INTO delivery_choices (audience, mode, chosen_by, chosen_at) VALUES (?, ?, ?, ?)",
        (choice.audience, choice.mode, choice.chosen_by, choice.chosen_at),
    )


async def unchoose(tx: aiosqlite.Connection, audience: Audience) -> None:
    """Deliver as the wider audience, or VIGIL_DELIVERY, says."""
    await tx.execute("DELETE FROM delivery_choices WHERE audience = ?", (audience,))


async def choices(db: Database) -> dict[Audience, DeliveryChoice]:
    """Everything that was chosen, by audience."""
    rows = await db.rows("SELECT * FROM delivery_choices ORDER BY audience")
    return {row["audience"]: DeliveryChoice(**dict(row)) for row in rows}


async def mode_in(tx: aiosqlite.Connection, audiences: Iterable[Audience], default: DeliveryMode) -> DeliveryMode:
    """How an answer that these audiences would see is delivered: the narrowest choice counts, else `default`."""
    rows = await tx.execute_fetchall(
        """SELECT mode FROM delivery_choices WHERE audience IN (SELECT value FROM json_each(?))
           ORDER BY CASE WHEN audience LIKE 'customer:%' THEN 0 WHEN audience LIKE 'channel:%' THEN 1 ELSE 2 END""",
        (json.dumps(list(audiences)),),
    )
    return next((cast("DeliveryMode", row[0]) for row in rows), default)


def _suggestion_of(row: sqlite3.Row) -> Suggestion:
    return Suggestion(
        **{
            **dict(row),
            "parts": parts_of(json.loads(row["parts"])),
            "sources": tuple(Source(**source) for source in json.loads(row["sources"])),
        }
    )
