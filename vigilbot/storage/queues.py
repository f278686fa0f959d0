"""How much waits to be done, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from vigilbot.storage.database import Database

# Each reads a partial index of what is unfinished, which is short however long the history is.
_QUEUES = {
    "inbox": "SELECT count(*) AS depth, min(received_at) AS since FROM inbox WHERE done_at IS NULL",
    "turns": "SELECT count(*) AS depth, min(created_at) AS since FROM turns WHERE outcome IS NULL",
    "outbox": "SELECT count(*) AS depth, min(created_at) AS since FROM outbox WHERE done_at IS NULL",
    "jobs": "SELECT count(*) AS depth, min(due_at) AS since FROM jobs WHERE done_at IS NULL",
}


class Queue(NamedTuple):
    """One kind of work that waits."""

    name: str
    depth: int
    since: float | None
    """When the oldest began to wait (epoch seconds); None when nothing waits."""


async def all_queues(db: Database) -> list[Queue]:
    return [Queue(name, *row) for name, sql in _QUEUES.items() for row in await db.rows(sql)]
