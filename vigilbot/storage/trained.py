"""The record of trainings, and of which model is in use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vigilbot.errors import NotFound
from vigilbot.models import Switch, TrainedModel
from vigilbot.storage.rows import to_json

if TYPE_CHECKING:
    import sqlite3

    import aiosqlite

    from vigilbot.models import ModelKind
    from vigilbot.storage.database import Database


async def next_version(db: Database) -> int:
    row = await db.row("SELECT coalesce(max(version), 0) + 1 AS version FROM trained_models")
    return int(row["version"]) if row else 1


async def add(tx: aiosqlite.Connection, model: TrainedModel) -> None:
    await tx.execute(
        """INSERT INTO trained_models (version, kind, embedder, reranker, seed, questions, marks, figures, offered,
                                       reason, sha256, trained_by, trained_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            model.version,
            model.kind,
            model.embedder,
            model.reranker,
            model.seed,
            model.questions,
            model.marks,
            to_json(dict(model.figures)),
            model.offered,
            model.reason,
            model.sha256,
            model.trained_by,
            model.trained_at,
        ),
    )


async def get(db: Database, version: int) -> TrainedModel:
    """Raises NotFound."""
    row = await db.row("SELECT * FROM trained_models WHERE version = ?", (version,))
    if row is None:
        raise NotFound(f"no model {version}; `vigilbot models list` shows them")
    return _model_of(row)


async def listed(db: Database) -> list[TrainedModel]:
    """Every training, latest first."""
    return [_model_of(row) for row in await db.rows("SELECT * FROM trained_models ORDER BY version DESC")]


async def switch(tx: aiosqlite.Connection, to: Switch) -> None:
    await tx.execute(
        "INSERT INTO model_switches (kind, version, switched_by, why, switched_at) VALUES (?, ?, ?, ?, ?)",
        (to.kind, to.version, to.switched_by, to.why, to.switched_at),
    )


async def switches(db: Database) -> list[Switch]:
    """Every switch, latest first."""
    rows = await db.rows("SELECT kind, version, switched_by, why, switched_at FROM model_switches ORDER BY id DESC")
    return [Switch(**dict(row)) for row in rows]


async def in_use(db: Database) -> list[TrainedModel]:
    """The models that were switched on last and not off since; at most one of a kind."""
    rows = await db.rows(
        """SELECT m.* FROM model_switches s JOIN trained_models m ON m.version = s.version
           WHERE s.id IN (SELECT max(id) FROM model_switches GROUP BY kind) ORDER BY m.kind"""
    )
    return [_model_of(row) for row in rows]


async def before(db: Database, kind: ModelKind) -> int | None:
    """What was in use before the last switch of this kind; None: nothing trained."""
    rows = await db.rows("SELECT version FROM model_switches WHERE kind = ? ORDER BY id DESC LIMIT 2", (kind,))
    return rows[1]["version"] if len(rows) > 1 else None


def _model_of(row: sqlite3.Row) -> TrainedModel:
    return TrainedModel(**{**dict(row), "figures": json.loads(row["figures"]), "offered": bool(row["offered"])})
