"""The accounts: every model call, good or bad."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigilbot.models import ModelCall
    from vigilbot.storage.database import Database

COLUMNS = (
    "turn_id",
    "task",
    "model",
    "started_at",
    "duration_ms",
    "prompt_tokens",
    "completion_tokens",
    "cost_usd",
    "error",
    "output",
)


class CallLog:
    """Keeps model calls; implements `reasoning.base.CallRecorder`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(self, call: ModelCall) -> None:
        marks = ", ".join(f":{column}" for column in COLUMNS)
        async with self._db.transaction() as tx:
            await tx.execute(f"INSERT INTO model_calls ({', '.join(COLUMNS)}) VALUES ({marks})", asdict(call))  # noqa: S608 - constants


async def of_turn(db: Database, turn_id: str) -> list[dict[str, object]]:
    """What a turn cost: its model calls in order, as rows."""
    rows = await db.rows(
        """SELECT task, model, duration_ms, prompt_tokens, completion_tokens, cost_usd, error
           FROM model_calls WHERE turn_id = ? ORDER BY id""",
        (turn_id,),
    )
    return [dict(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a number of model calls came to."""

    calls: int
    tokens: int
    """Of prompts and completions."""
    usd: float


async def latest(db: Database) -> int:
    """The number of the last call; 0 before the first."""
    row = await db.row("SELECT coalesce(max(id), 0) AS id FROM model_calls")
    return int(row["id"]) if row else 0


async def spent_since(db: Database, call: int) -> Spent:
    """All calls after the one with this number."""
    row = await db.row(
        """SELECT count(*) AS calls, coalesce(sum(prompt_tokens + completion_tokens), 0) AS tokens,
                  coalesce(sum(cost_usd), 0) AS usd FROM model_calls WHERE id > ?""",
        (call,),
    )
    return Spent(int(row["calls"]), int(row["tokens"]), float(row["usd"])) if row else Spent(0, 0, 0.0)
