"""Entries that somebody should look at. They are shown with the reason; nothing happens to them by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vigilbot.storage.entries import entry_of

if TYPE_CHECKING:
    import sqlite3

    from vigilbot.models import Entry
    from vigilbot.storage.database import Database

DoubtKind = Literal["pending", "contradicted", "dead", "unreachable", "unused"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why an entry should be looked at, in one sentence, and since when."""

    entry: Entry
    kind: DoubtKind
    why: str
    since: float


@dataclass(frozen=True, slots=True)
class Doubts:
    """The oldest doubts of each kind, and how many there are of it."""

    shown: list[Doubt]
    totals: dict[DoubtKind, int]


UNREACHABLE_AFTER = 3
"""Visits in a row, hours apart: one outage is no reason to look."""


# Each yields rows of `current_entries` with `why` and `since`; ?1 is the moment before which nobody used the unused.
QUERIES: dict[DoubtKind, str] = {
    "pending": """
        SELECT c.*, 'waits for approval' AS why, c.updated_at AS since FROM current_entries c WHERE status = 'pending'
          AND ?1 IS NOT NULL""",
    "contradicted": """
        SELECT c.*, said.why, max(said.since) AS since FROM current_entries c JOIN (
            SELECT entry_id, 'misled a question: ' || why AS why, marked_at AS since FROM misleading
            UNION ALL
            SELECT s.entry_id, 'a review of its card said ' || l.result || ': ' || l.reason, l.learnt_at
            FROM lessons l JOIN cards k ON k.turn_id = l.turn_id AND k.state <> 'accepted'
              JOIN card_sources s ON s.card_id = k.id
            WHERE l.result IN ('deleted', 'updated')
        ) said ON said.entry_id = c.id
        WHERE c.status = 'active' AND c.updated_at <= said.since AND ?1 IS NOT NULL GROUP BY c.id""",
    "dead": """
        SELECT c.*, 'its page is gone: ' || d.location AS why, d.dead_since AS since
        FROM documents d JOIN current_entries c ON c.document_id = d.id
        WHERE c.status = 'active' AND d.dead_since IS NOT NULL AND ?1 IS NOT NULL""",
    "unreachable": f"""
        SELECT c.*, 'its page was not to be had at the last ' || d.failures || ' visits: ' || d.location AS why,
          d.failing_since AS since
        FROM documents d JOIN current_entries c ON c.document_id = d.id
        WHERE c.status = 'active' AND d.failures >= {UNREACHABLE_AFTER} AND d.dead_since IS NULL AND ?1 IS NOT NULL""",  # noqa: S608 - a constant
    "unused": """
        SELECT c.*, 'no card has cited it' AS why, c.updated_at AS since FROM current_entries c
        WHERE c.status = 'active' AND c.updated_at < ?1 AND NOT EXISTS
          (SELECT 1 FROM card_sources s JOIN cards k ON k.id = s.card_id
           WHERE s.entry_id = c.id AND k.state <> 'queued' AND k.created_at >= ?1)""",
}


async def doubts(db: Database, unused_since: float, limit: int) -> Doubts:
    """Up to `limit` entries of each kind, oldest doubt first; one entry may stand under several."""
    shown, totals = list[Doubt](), dict[DoubtKind, int]()
    for kind, query in QUERIES.items():
        counted = await db.row(f"SELECT count(*) AS n FROM ({query})", (unused_since,))  # noqa: S608 - constants
        totals[kind] = counted["n"] if counted else 0
        rows = await db.rows(f"SELECT * FROM ({query}) ORDER BY since, seq LIMIT ?2", (unused_since, limit))  # noqa: S608 - constants
        shown += [_doubt(kind, row) for row in rows]
    return Doubts(shown, totals)


def _doubt(kind: DoubtKind, row: sqlite3.Row) -> Doubt:
    return Doubt(entry_of(row), kind, row["why"], row["since"])
