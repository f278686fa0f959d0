"""`vigilbot eval`: one thinking task, measured on labelled cases."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from vigilbot.app import assembled
from vigilbot.app.counting import CountedCalls
from vigilbot.embedding.likeness import SAME_ANSWER
from vigilbot.embedding.loading import load_embedder
from vigilbot.errors import EvaluationError
from vigilbot.evaluation import dedup, duplicates, extract, identify, retrieve, selective, triage
from vigilbot.evaluation.answer import Answering
from vigilbot.evaluation.golden import whole
from vigilbot.evaluation.judging import ModelJudge, SimilarityJudge
from vigilbot.evaluation.replay import ReplayPlatform
from vigilbot.evaluation.runs import THINKING, Measured, Run
from vigilbot.knowledge.rerank.loading import OFF, load_reranker
from vigilbot.reasoning.fallback import without_stand_in
from vigilbot.storage.calls import CallLog
from vigilbot.tickets import categories

if TYPE_CHECKING:
    from vigilbot.app import App
    from vigilbot.config import Settings
    from vigilbot.embedding.base import Embedder
    from vigilbot.evaluation.judging import AnswerJudge
    from vigilbot.evaluation.runs import Task

Follow = Callable[[int, int, str], None]
"""Told (done, total, label) after each step."""


async def measure(settings: Settings, task: Task, path: Path | None, follow: Follow, *, ablate: bool = False) -> Run:
    """Score one task on labelled cases; the keys of the figures are those of the task's own docstring.

    Without `path`, `golden` takes the cases that come with the bot. `ablate` adds each path's and step's figures to
    `retrieve`. Raises VigilError in one line; EvaluationError names file and line.
    """
    if path is None:
        if task != "golden":
            raise EvaluationError(f"eval {task}: name the file of labelled cases; only golden brings its own")
        path = whole.SHIPPED
    if task in THINKING:
        with _furnished(settings) as there:
            async with assembled(there, platform=ReplayPlatform()) as app:
                return Run.of(task, path, app.reasoner.name, await _thought(app, task, path, follow))
    embedder = await load_embedder(settings.embedding_model)
    try:
        if task == "retrieve":
            return Run.of(task, path, embedder.name, await _retrieve(settings, path, embedder, follow, ablate=ablate))
        if task == "selective":
            return Run.of(task, path, embedder.name, await selective.evaluate(path, embedder, follow))
        threshold = SAME_ANSWER if settings.dedup_threshold is None else settings.dedup_threshold
        return Run.of(task, path, embedder.name, await dedup.evaluate(path, embedder, threshold))
    finally:
        await embedder.close()


@contextmanager
def _furnished(settings: Settings) -> Iterator[Settings]:
    """The bot's own data folder; where no bot has been yet, one that is gone afterwards: measuring leaves nothing."""
    if settings.data_dir.exists():
        yield settings
        return
    with tempfile.TemporaryDirectory(prefix="vigilbot-eval-") as folder:
        yield settings.model_copy(update={"data_dir": Path(folder)})


async def _thought(app: App, task: Task, path: Path, follow: Follow) -> Measured:
    """By the model alone: what another one did in its place would say nothing about it."""
    alone = without_stand_in(app.reasoner)
    if task == "extract":
        return await extract.evaluate(path, alone, lambda done, of: follow(done, of, "Extracting"))
    if task == "triage":
        menu = categories.load(app.settings.tickets, app.settings.data_dir)
        return await triage.evaluate(path, alone, menu, lambda done, of: follow(done, of, "Judging"))
    if task == "duplicates":
        return Measured(
            await duplicates.evaluate(
                path, app.embedder, alone, progress=lambda done, of: follow(done, of, "Embedding")
            )
        )
    await app.knowledge.open()
    await app.reasoner.warm()
    if task in ("answer", "golden"):
        async with _judge(app) as judge:
            answering = Answering(alone, app.knowledge, judge)
            if task == "golden":
                return await whole.evaluate(path, answering, follow)
            return await answering.evaluate(path, app.settings.scope, lambda done, of: follow(done, of, "Answering"))
    return await identify.evaluate(path, alone, _scope(app.settings), lambda done, of: follow(done, of, "Judging"))


@asynccontextmanager
async def _judge(app: App) -> AsyncIterator[AnswerJudge]:
    """The model of VIGIL_MODEL_JUDGE_ANSWER or VIGIL_MODEL; without one, likeness judges."""
    if app.settings.model_for("judge_answer") is None:
        yield SimilarityJudge(app.embedder)
        return
    from vigilbot.reasoning.prompted.grading import PromptedGrader  # noqa: PLC0415 - brings litellm along

    grader = PromptedGrader(app.settings, CountedCalls(CallLog(app.db), app.metrics))
    try:
        yield ModelJudge(grader)
    finally:
        await grader.close()


def _scope(settings: Settings) -> str:
    """A scope nobody has set is no scope: rows without one are then judged only for whether anything is asked."""
    return settings.scope if "scope" in settings.model_fields_set else ""


async def _retrieve(settings: Settings, path: Path, embedder: Embedder, follow: Follow, *, ablate: bool) -> Measured:
    reranker = await load_reranker(settings.rerank_model)
    try:
        return await retrieve.evaluate(
            path, embedder, follow, reranker=reranker, reranks=settings.rerank_model != OFF, ablate=ablate
        )
    finally:
        if reranker is not None:
            await reranker.close()
