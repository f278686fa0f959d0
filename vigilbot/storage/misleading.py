"""Which entries misled which questions. Such an entry stays, but is not shown to questions like that one."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiosqlite

    from vigilbot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry misled a question."""

    entry_id: str
    session_id: str
    message_id: str
    """The question's first message."""
    question: str
    why: str
    marked_at: float


async def add(tx: aiosqlite.Connection, marks: Sequence[Mark]) -> None:
    """Mark entries; the same question marks an entry once."""
    await tx.executemany(
        """INSERT OR REPLACE INTO misleading (entry_id, session_id, message_id, question, why, marked_at)
           VALUES (?, ?, ?, ?, ?, ?)""",
        [astuple(mark) for mark in marks],
    )


async def of_entries(db: Database, entry_ids: Sequence[str]) -> list[Mark]:
    """The marks that these entries carry."""
    rows = await db.rows(
        "SELECT * FROM misleading WHERE entry_id IN (SELECT value FROM json_each(?)) ORDER BY marked_at",
        (json.dumps(list(entry_ids)),),
    )
    return [Mark(**dict(row)) for row in rows]
