"""Which trained models a search uses now: what was switched on last, as soon as the next question is asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import FlywheelError
from vigilbot.knowledge.tuned import files
from vigilbot.knowledge.tuned.tuning import UNTUNED, Adapter, Tuning
from vigilbot.storage import trained

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder
    from vigilbot.models import TrainedModel
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)

Key = tuple[tuple[int, ...], str, str]


class TunedModels:
    """Reads the switches before each search (a fraction of a millisecond) and the files when they have changed.

    A model that cannot be used is left out and logged once; the search goes on without it.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._folder = db.path.parent / files.FOLDER
        self._known: Key | None = None
        self._tuning = UNTUNED
        self.problems: tuple[str, ...] = ()
        """Why what is switched on is not in use, a line each."""

    async def now(self, embedder: Embedder, reranker: str) -> Tuning:
        """What is in use with this embedder and reranker."""
        models = await trained.in_use(self._db)
        key = (tuple(model.version for model in models), embedder.name, reranker)
        if key != self._known:
            self._tuning = await asyncio.to_thread(self._read, models, embedder, reranker)
            self._known = key
        return self._tuning

    def _read(self, models: list[TrainedModel], embedder: Embedder, reranker: str) -> Tuning:
        tuning, problems = UNTUNED, []
        for model in models:
            try:
                _must_fit(model, embedder.name, reranker)
                loaded = files.read(self._folder, model, embedder.dimensions)
            except FlywheelError as error:
                log.warning("trained_model_left_out", model=model.name, reason=str(error))
                problems.append(str(error))
                continue
            tuning = tuning._replace(adapter=loaded) if isinstance(loaded, Adapter) else tuning._replace(head=loaded)
        self.problems = tuple(problems)
        return tuning


def _must_fit(model: TrainedModel, embedder: str, reranker: str) -> None:
    """Raises FlywheelError."""
    if model.embedder != embedder:
        raise FlywheelError(f"{model.name} was trained for {model.embedder}, not for {embedder}; train again")
    if model.kind == "reranker" and model.reranker != reranker:
        raise FlywheelError(
            f"{model.name} was trained with VIGIL_RERANK_MODEL={model.reranker}, now it is {reranker}; train again"
        )
