"""Who thinks when the model cannot: the next model, then the built-in reasoner, within the time a turn may take.

Every model stands behind a circuit breaker. An answer always names who wrote it. Learning waits for a model instead:
nobody is in a hurry there, and a poor pair would stay.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, get_args

import structlog

from vigilbot.config import ReasonerTask
from vigilbot.errors import ModelUnavailable, ReasonerError
from vigilbot.reasoning.breaker import Breaker
from vigilbot.reasoning.budget import LatencyBudget
from vigilbot.reasoning.deadline import within
from vigilbot.reasoning.prompted import PromptedReasoner
from vigilbot.reasoning.prompted.choice import Choice
from vigilbot.runtime.clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from vigilbot.config import Settings
    from vigilbot.models import (
        Annotation,
        AnnotationReview,
        Answer,
        Category,
        Dialogue,
        Extraction,
        Finding,
        Identification,
        Image,
        Judgement,
        Question,
        Reference,
        Review,
        Sameness,
        Severity,
        Tool,
        ToolCall,
        Turn,
    )
    from vigilbot.reasoning.base import CallRecorder, Reasoner
    from vigilbot.reasoning.breaker import ModelState
    from vigilbot.runtime.clock import Clock

log = structlog.get_logger(__name__)

UNAVAILABLE = "(model unavailable)"
"""Stands behind the name of whoever stood in."""
_FIRST_SHARE = 2 / 3
"""Of the time left, for a model behind which another one waits."""
_LEAST_SECONDS = 0.3
"""With less, asking would only be waiting."""

T = TypeVar("T")


class FallbackReasoner:
    """Implements Reasoner: `models` in order of preference, then `stand_in`, which needs none.

    `budget` is how many seconds the models may take for one turn, all steps together.
    """

    def __init__(
        self, models: Sequence[PromptedReasoner], stand_in: Reasoner, budget: float, clock: Clock | None = None
    ) -> None:
        self._models = models
        self._stand_in = stand_in
        self._budget = LatencyBudget(budget)
        names = dict.fromkeys(model.model_of(task) for model in models for task in get_args(ReasonerTask))
        self._breakers = {name: Breaker(name, clock or WallClock()) for name in names}

    @property
    def name(self) -> str:
        """That of the model asked first."""
        return self._models[0].name

    @property
    def first(self) -> PromptedReasoner:
        """The one that is asked before all others."""
        return self._models[0]

    @property
    def states(self) -> tuple[ModelState, ...]:
        """How every model fares, in order of preference."""
        return tuple(breaker.state for breaker in self._breakers.values())

    async def identify(self, dialogue: Dialogue) -> Identification:
        """By a model, or by the stand-in, which the reason then says. Raises what the stand-in raises."""
        try:
            return await self._by_models("identify", lambda by: by.identify(dialogue), dialogue.turn_id)
        except ReasonerError as error:
            self._stands_in("identify", error, dialogue)
            found = await self._stand_in.identify(dialogue)
            return replace(found, reason=f"{found.reason} {UNAVAILABLE}")

    async def rewrite(self, dialogue: Dialogue) -> Question:
        """By a model or by the stand-in. Raises what the stand-in raises."""
        try:
            return await self._by_models("rewrite", lambda by: by.rewrite(dialogue), dialogue.turn_id)
        except ReasonerError as error:
            self._stands_in("rewrite", error, dialogue)
            return await self._stand_in.rewrite(dialogue)

    async def choose_tools(self, dialogue: Dialogue, tools: Sequence[Tool]) -> tuple[ToolCall, ...]:
        """By a model only. Raises ReasonerError: the turn goes on without tools."""
        return await self._by_models("choose_tools", lambda by: by.choose_tools(dialogue, tools), dialogue.turn_id)

    async def answer(
        self,
        question: Question,
        references: Sequence[Reference],
        dialogue: Dialogue,
        findings: Sequence[Finding] = (),
    ) -> Answer:
        """By a model or by the stand-in, which quotes passages; `reasoner` says by whom. Raises what that raises."""
        try:
            return await self._by_models(
                "answer", lambda by: by.answer(question, references, dialogue, findings), dialogue.turn_id
            )
        except ReasonerError as error:
            self._stands_in("answer", error, dialogue)
            answer = await self._stand_in.answer(question, references, dialogue)
            return replace(answer, reasoner=f"{answer.reasoner} {UNAVAILABLE}")

    async def extract(self, dialogue: Dialogue, question: Question) -> Extraction:
        """By a model only. Raises ReasonerError: the job is tried again later."""
        return await self._by_models("extract", lambda by: by.extract(dialogue, question))

    async def review(self, dialogue: Dialogue, turn: Turn) -> Review:
        """By a model only. Raises ReasonerError: the job is tried again later."""
        return await self._by_models("review", lambda by: by.review(dialogue, turn))

    async def judge_page(self, dialogue: Dialogue, title: str, text: str) -> Judgement:
        """By a model only. Raises ReasonerError: the job is tried again later."""
        return await self._by_models("judge_page", lambda by: by.judge_page(dialogue, title, text))

    async def judge_annotation(self, dialogue: Dialogue, turn: Turn, annotation: Annotation) -> AnnotationReview:
        """By a model only. Raises ReasonerError: the annotation stands as the rules left it."""
        return await self._by_models("judge_annotation", lambda by: by.judge_annotation(dialogue, turn, annotation))

    async def triage(self, dialogue: Dialogue, categories: Sequence[Category]) -> Severity:
        """By a model, or by the stand-in, which the reason then says. Raises what the stand-in raises."""
        try:
            return await self._by_models("triage", lambda by: by.triage(dialogue, categories))
        except ReasonerError as error:
            self._stands_in("triage", error, dialogue)
            found = await self._stand_in.triage(dialogue, categories)
            return replace(found, reason=f"{found.reason} {UNAVAILABLE}")

    async def argue(self, dialogue: Dialogue, categories: Sequence[Category], category: str) -> Severity:
        """By a model only: what a stand-in writes is nothing to tune a model on. Raises ReasonerError."""
        return await self._by_models("triage", lambda by: by.argue(dialogue, categories, category))

    async def problem(self, dialogue: Dialogue) -> str:
        """By a model or by the stand-in. Raises what the stand-in raises."""
        try:
            return await self._by_models("triage", lambda by: by.problem(dialogue))
        except ReasonerError as error:
            self._stands_in("triage", error, dialogue)
            return await self._stand_in.problem(dialogue)

    async def same_problem(self, statement: str, known: str) -> Sameness:
        """By a model, or by the stand-in, which the reason then says. Raises what the stand-in raises."""
        try:
            return await self._by_models("triage", lambda by: by.same_problem(statement, known))
        except ReasonerError as error:
            self._stands_in("triage", error)
            found = await self._stand_in.same_problem(statement, known)
            return replace(found, reason=f"{found.reason} {UNAVAILABLE}")

    async def joint_problem(self, statements: Sequence[str]) -> str:
        """By a model or by the stand-in. Raises what the stand-in raises."""
        try:
            return await self._by_models("triage", lambda by: by.joint_problem(statements))
        except ReasonerError as error:
            self._stands_in("triage", error)
            return await self._stand_in.joint_problem(statements)

    async def warm(self) -> None:
        """Raises ConfigError when a model's name tells no provider, or its key is set nowhere."""
        await self._stand_in.warm()
        for model in self._models:
            await model.warm()

    async def close(self) -> None:
        for model in self._models:
            await model.close()
        await self._stand_in.close()

    async def _by_models(
        self, task: ReasonerTask, ask: Callable[[Reasoner], Awaitable[T]], turn_id: str | None = None
    ) -> T:
        """The first model that manages it, within the turn's budget if there is one. Raises the last ReasonerError."""
        await asyncio.gather(*(model.loaded() for model in self._models))  # before the turn's time begins to run
        deadline = self._budget.deadline(turn_id, task) if turn_id else math.inf
        ready = [model for model in self._models if self._breakers[model.model_of(task)].admits]
        failed: ReasonerError = self._left_alone(task)
        for place, model in enumerate(ready, start=1):
            left = deadline - time.monotonic()
            if left < _LEAST_SECONDS:
                raise ModelUnavailable("the turn's time for models is used up (VIGIL_LATENCY_BUDGET)")
            try:
                return await self._watched(model, task, ask, left * (1 if place == len(ready) else _FIRST_SHARE))
            except ReasonerError as error:
                log.warning("model_failed", task=task, model=model.model_of(task), error=str(error))
                failed = error
        raise failed

    def _left_alone(self, task: ReasonerTask) -> ModelUnavailable:
        last = self._breakers[self._models[0].model_of(task)].state.last_error
        return ModelUnavailable(f"{last}; it keeps failing, so it is left alone for some seconds")

    async def _watched(
        self, model: PromptedReasoner, task: ReasonerTask, ask: Callable[[Reasoner], Awaitable[T]], seconds: float
    ) -> T:
        name = model.model_of(task)
        with self._breakers[name].watched():
            try:
                async with within(seconds):
                    return await ask(model)
            except TimeoutError:
                raise ModelUnavailable(f"{name}: no answer in {seconds:.1f} s (VIGIL_LATENCY_BUDGET)") from None

    def _stands_in(self, task: ReasonerTask, error: ReasonerError, dialogue: Dialogue | None = None) -> None:
        about = {"session": dialogue.session_id, "turn": dialogue.turn_id} if dialogue else {}
        log.warning("stand_in", task=task, by=self._stand_in.name, **about, because=str(error))


def with_fallbacks(
    settings: Settings,
    recorder: CallRecorder,
    fetch_image: Callable[[Image], Awaitable[bytes]],
    stand_in: Reasoner,
    clock: Clock | None = None,
) -> FallbackReasoner:
    """The models of VIGIL_MODEL…, then those of VIGIL_FALLBACK_MODELS, then `stand_in`.

    Raises ConfigError when a task has no model, PromptError when a prompt file is at fault.
    """
    models = [
        PromptedReasoner(settings, recorder, fetch_image, clock, choice=Choice(settings, fallback))
        for fallback in (None, *settings.fallback_models)
    ]
    return FallbackReasoner(models, stand_in, settings.latency_budget, clock)


def without_stand_in(reasoner: Reasoner) -> Reasoner:
    """Who is asked first, alone: whoever is measured must not be covered for."""
    return reasoner.first if isinstance(reasoner, FallbackReasoner) else reasoner
