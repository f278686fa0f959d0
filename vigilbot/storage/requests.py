"""Whom the bot has asked for an annotation, who wants to be left alone, and second answers to compare with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.storage.annotations import candidate_of
from vigilbot.storage.rows import to_json

if TYPE_CHECKING:
    import aiosqlite

    from vigilbot.models import Candidate
    from vigilbot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Alternative:
    """A second answer to a turn. `given_left` was drawn once, so that a form that opens again looks the same."""

    turn_id: str
    candidate: Candidate
    given_left: bool
    created_at: float


async def ask(tx: aiosqlite.Connection, turn_id: str, analyst: str, at: float) -> None:
    """Note that this analyst is being asked about the turn."""
    await tx.execute(
        "INSERT OR IGNORE INTO annotation_requests (turn_id, analyst, asked_at) VALUES (?, ?, ?)",
        (turn_id, analyst, at),
    )


async def asked(tx: aiosqlite.Connection, analyst: str, since: float) -> int:
    """How often this analyst was asked from `since` on."""
    [(count,)] = await tx.execute_fetchall(
        "SELECT count(*) FROM annotation_requests WHERE analyst = ? AND asked_at >= ?", (analyst, since)
    )
    return int(count)


async def was_asked(db: Database, turn_id: str, analyst: str) -> bool:
    row = await db.row("SELECT 1 FROM annotation_requests WHERE turn_id = ? AND analyst = ?", (turn_id, analyst))
    return row is not None


async def snooze(tx: aiosqlite.Connection, analyst: str, until: float) -> None:
    """Ask this analyst nothing until then."""
    await tx.execute("INSERT OR REPLACE INTO annotation_snoozes (analyst, until) VALUES (?, ?)", (analyst, until))


async def snoozed_until(tx: aiosqlite.Connection, analyst: str) -> float:
    """0 when they never asked to be left alone."""
    rows = await tx.execute_fetchall("SELECT until FROM annotation_snoozes WHERE analyst = ?", (analyst,))
    return next((float(row[0]) for row in rows), 0.0)


async def snoozed(db: Database, analyst: str) -> float:
    """The same, for a page that shows it."""
    row = await db.row("SELECT until FROM annotation_snoozes WHERE analyst = ?", (analyst,))
    return float(row["until"]) if row else 0.0


async def add_alternative(tx: aiosqlite.Connection, alternative: Alternative) -> None:
    """Keep a second answer; a turn has one."""
    await tx.execute(
        "INSERT OR IGNORE INTO alternatives (turn_id, candidate, given_left, created_at) VALUES (?, ?, ?, ?)",
        (alternative.turn_id, to_json(alternative.candidate), alternative.given_left, alternative.created_at),
    )


async def alternative(db: Database, turn_id: str) -> Alternative | None:
    row = await db.row("SELECT * FROM alternatives WHERE turn_id = ?", (turn_id,))
    if row is None:
        return None
    return Alternative(turn_id, candidate_of(json.loads(row["candidate"])), bool(row["given_left"]), row["created_at"])
