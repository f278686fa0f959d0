"""Assembles the bot for rehearsal: backtests and evaluations, beside the live data and in virtual time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vigilbot.app import assembled
from vigilbot.clock import VirtualClock
from vigilbot.embedding.likeness import SAME_ANSWER
from vigilbot.embedding.loading import load_embedder
from vigilbot.evaluation import dedup, duplicates, extract, identify, retrieve
from vigilbot.evaluation.backtest import ReplayPlatform, Stage, Tally, backtest
from vigilbot.knowledge.rerank.loading import OFF, load_reranker
from vigilbot.reasoning.fallback import without_stand_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.config import Settings
    from vigilbot.embedding.base import Embedder
    from vigilbot.evaluation.backtest import ReplayCase

Task = Literal["identify", "retrieve", "dedup", "extract", "duplicates"]
Follow = Callable[[int, int, str], None]
"""Told (done, total, label) after each step."""


async def rehearse(settings: Settings, cases: Sequence[ReplayCase], follow: Follow) -> dict[str, Any]:
    """Replay closed dialogues with the knowledge of the data folder; its own sessions are left alone."""
    clock, tally = VirtualClock(), Tally()
    with tempfile.TemporaryDirectory() as scratch:
        async with assembled(
            settings, clock=clock, platform=ReplayPlatform(), dialogues=Path(scratch) / "dialogues.db"
        ) as app:
            await app.knowledge.open()
            await app.reasoner.warm()
            stage = Stage(app.db, clock, app.activity, app.intake)
            async for case, ended in backtest(cases, stage):
                tally.add(case, ended)
                follow(tally.sessions, len(cases), "Replaying")
    return tally.report()


async def measure(
    settings: Settings, task: Task, path: Path, follow: Follow, *, ablate: bool = False
) -> dict[str, object]:
    """Score one thinking task on labelled cases; the keys are those of the evaluation's own docstring.

    `identify` judges with the knowledge of the data folder. A scope nobody has set is no scope: rows that bring none
    are then judged only for whether anything is asked. `ablate` adds each path's and step's figures to `retrieve`.
    """
    if task == "identify":
        scope = settings.scope if "scope" in settings.model_fields_set else ""
        async with assembled(settings, platform=ReplayPlatform()) as app:
            await app.knowledge.open()
            await app.reasoner.warm()
            alone = without_stand_in(app.reasoner)
            return await identify.evaluate(path, alone, scope, lambda done, of: follow(done, of, "Judging"))
    if task == "extract":
        async with assembled(settings, platform=ReplayPlatform()) as app:
            alone = without_stand_in(app.reasoner)
            return await extract.evaluate(path, alone, lambda done, of: follow(done, of, "Extracting"))
    if task == "duplicates":
        async with assembled(settings, platform=ReplayPlatform()) as app:
            alone = without_stand_in(app.reasoner)
            return await duplicates.evaluate(
                path, app.embedder, alone, progress=lambda done, of: follow(done, of, "Embedding")
            )
    embedder = await load_embedder(settings.embedding_model)
    try:
        if task == "retrieve":
            return await _retrieve(settings, path, embedder, follow, ablate=ablate)
        threshold = SAME_ANSWER if settings.dedup_threshold is None else settings.dedup_threshold
        return await dedup.evaluate(path, embedder, threshold)
    finally:
        await embedder.close()


async def _retrieve(
    settings: Settings, path: Path, embedder: Embedder, follow: Follow, *, ablate: bool
) -> dict[str, object]:
    reranker = await load_reranker(settings.rerank_model)
    try:
        return await retrieve.evaluate(
            path, embedder, follow, reranker=reranker, reranks=settings.rerank_model != OFF, ablate=ablate
        )
    finally:
        if reranker is not None:
            await reranker.close()
