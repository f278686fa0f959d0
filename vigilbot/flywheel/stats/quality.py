"""What annotations are worth: how far analysts agree, and which of them a judge doubts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.annotations.agreement import agreement
from vigilbot.flywheel.stats.figures import Doubt, Quality
from vigilbot.storage import annotations as stored

if TYPE_CHECKING:
    from vigilbot.storage.database import Database

LATEST = 50
"""Doubts that are told one by one."""


async def quality(db: Database, since: float) -> Quality:
    """Of what was said from `since` on."""
    doubted = await db.rows(
        """SELECT a.kind, a.analyst, coalesce(json_extract(t.question, '$.text'), '') AS question,
                  f.judge, f.reason, f.flagged_at
             FROM annotation_flags f JOIN annotations a ON a.id = f.annotation_id JOIN turns t ON t.id = a.turn_id
            WHERE a.made_at >= ? ORDER BY f.flagged_at DESC, a.rowid DESC, f.judge LIMIT ?""",
        (since, LATEST),
    )
    flagged = await db.row(
        """SELECT count(DISTINCT f.annotation_id) AS n
             FROM annotation_flags f JOIN annotations a ON a.id = f.annotation_id WHERE a.made_at >= ?""",
        (since,),
    )
    return Quality(
        agreement=agreement(await stored.shared(db, since)),
        flagged=flagged["n"] if flagged else 0,
        doubts=tuple(Doubt(**dict(row)) for row in doubted),
    )
