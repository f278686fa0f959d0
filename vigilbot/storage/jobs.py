"""Jobs that look at a session to learn from it: ordered with what causes them, tried again when they fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import aiosqlite

    from vigilbot.storage.database import Database

JobKind = Literal["accepted", "checkpoint", "closing"]

OR_AGAIN = """ON CONFLICT (session_id, kind) WHERE done_at IS NULL
              DO UPDATE SET ordered_at = max(ordered_at, excluded.ordered_at)"""


@dataclass(frozen=True, slots=True)
class Job:
    """One look at a session, ordered and not yet done."""

    id: int
    session_id: str
    kind: JobKind
    ordered_at: float
    due_at: float
    tried: int


async def order(
    tx: aiosqlite.Connection, session_id: str, kind: JobKind, at: float, due_at: float | None = None
) -> None:
    """Ask for a session to be looked at; one that already waits does for both, one that is being done is done again.

    `due_at` is later than `at` when whoever orders it is about to do it: until then nobody else takes it up.
    """
    await tx.execute(
        f"INSERT INTO jobs (session_id, kind, ordered_at, due_at) VALUES (?, ?, ?, ?) {OR_AGAIN}",  # noqa: S608 - constant
        (session_id, kind, at, at if due_at is None else due_at),
    )


async def order_checkpoints(tx: aiosqlite.Connection, quiet_since: float, at: float) -> int:
    """One job for each engaged session that went quiet before `quiet_since`, unless it was looked at since then."""
    cursor = await tx.execute(
        f"""INSERT INTO jobs (session_id, kind, ordered_at, due_at)
           SELECT id, 'checkpoint', ?2, ?2 FROM sessions s
           WHERE state = 'engaged' AND active_at <= ?1
             AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.session_id = s.id AND j.kind != 'accepted'
                                                    AND j.ordered_at >= s.active_at) {OR_AGAIN}""",  # noqa: S608 - constant
        (quiet_since, at),
    )
    return cursor.rowcount


async def next_due(db: Database, now: float) -> Job | None:
    """The job that has been due longest."""
    row = await db.row(
        """SELECT id, session_id, kind, ordered_at, due_at, tried FROM jobs
           WHERE done_at IS NULL AND due_at <= ? ORDER BY due_at, id LIMIT 1""",
        (now,),
    )
    return Job(**dict(row)) if row else None


async def waiting(db: Database, session_id: str) -> list[Job]:
    """What is still to be done about a session."""
    rows = await db.rows(
        """SELECT id, session_id, kind, ordered_at, due_at, tried FROM jobs
           WHERE done_at IS NULL AND session_id = ? ORDER BY id""",
        (session_id,),
    )
    return [Job(**dict(row)) for row in rows]


async def finish(tx: aiosqlite.Connection, job: Job, at: float, error: str = "") -> None:
    """It is done; with `error`, given up. One that was ordered again since it was begun stays due."""
    await tx.execute(
        "UPDATE jobs SET done_at = ?, error = ? WHERE id = ? AND ordered_at = ?", (at, error, job.id, job.ordered_at)
    )


async def postpone(tx: aiosqlite.Connection, job_id: int, error: str, due_at: float) -> None:
    """It failed, and is tried again at `due_at`."""
    await tx.execute("UPDATE jobs SET tried = tried + 1, error = ?, due_at = ? WHERE id = ?", (error, due_at, job_id))
