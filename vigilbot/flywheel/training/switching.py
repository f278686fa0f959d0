"""Switching a trained model on, and back. A running bot uses it from the next question on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.errors import FlywheelError
from vigilbot.knowledge.tuned import files
from vigilbot.models import Switch
from vigilbot.safety.redaction.redact import without_secrets
from vigilbot.storage import trained

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder
    from vigilbot.models import ModelKind, TrainedModel
    from vigilbot.storage.database import Database


async def use(
    db: Database, kind: ModelKind, version: int | None, embedder: Embedder, by: str, why: str, now: float
) -> TrainedModel:
    """Switch on this version, or the latest that is offered. Raises FlywheelError in one line when it cannot serve."""
    models = [model for model in await trained.listed(db) if model.kind == kind]
    wanted = [model for model in models if model.version == version] if version else [m for m in models if m.offered]
    if not wanted:
        raise FlywheelError(_none(kind, version, models))
    model = wanted[0]
    if not model.offered:
        raise FlywheelError(f"{model.name} is not offered: {model.reason}")
    if model.embedder != embedder.name:
        raise FlywheelError(f"{model.name} was trained for {model.embedder}, not for {embedder.name}; train again")
    files.read(db.path.parent / files.FOLDER, model, embedder.dimensions)
    async with db.transaction() as tx:
        await trained.switch(tx, Switch(kind, model.version, by, without_secrets(why), now))
    return model


async def back(db: Database, kind: ModelKind, by: str, why: str, now: float) -> int | None:
    """Return to what was in use before the last switch; None: untuned. Raises FlywheelError when nothing is on."""
    current = next((model for model in await trained.in_use(db) if model.kind == kind), None)
    if current is None:
        raise FlywheelError(f"no trained {kind} is in use: there is nothing to go back from")
    version = await trained.before(db, kind)
    async with db.transaction() as tx:
        await trained.switch(tx, Switch(kind, version, by, without_secrets(why), now))
    return version


def _none(kind: ModelKind, version: int | None, models: list[TrainedModel]) -> str:
    if version:
        return f"no {kind} {version}; `vigilbot models list` shows them"
    if models:
        return f"no {kind} is offered: {models[0].name}, the latest, is {models[0].reason}"
    return f"no {kind} has been trained yet; `vigilbot train {kind}` does"
