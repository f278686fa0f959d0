"""The built-in reasoner, with review taken out where its share is to be measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.models import Review
from vigilbot.reasoning.extractive import ExtractiveReasoner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.app import App
    from vigilbot.models import (
        Annotation,
        AnnotationReview,
        Answer,
        Category,
        Dialogue,
        Extraction,
        Finding,
        Identification,
        Judgement,
        Question,
        Reference,
        Sameness,
        Severity,
        Tool,
        ToolCall,
        Turn,
    )


@dataclass
class Thinking:
    """Reasons like the extractive reasoner of the app it is put into."""

    reviews: bool
    _inner: ExtractiveReasoner | None = None

    def enter(self, app: App) -> None:
        self._inner = ExtractiveReasoner(app.embedder, app.knowledge)

    @property
    def inner(self) -> ExtractiveReasoner:
        assert self._inner  # noqa: S101 - `enter` comes before any question
        return self._inner

    @property
    def name(self) -> str:
        return "extractive"

    async def identify(self, dialogue: Dialogue) -> Identification:
        return await self.inner.identify(dialogue)

    async def rewrite(self, dialogue: Dialogue) -> Question:
        return await self.inner.rewrite(dialogue)

    async def choose_tools(self, dialogue: Dialogue, tools: Sequence[Tool]) -> tuple[ToolCall, ...]:
        return await self.inner.choose_tools(dialogue, tools)

    async def answer(
        self,
        question: Question,
        references: Sequence[Reference],
        dialogue: Dialogue,
        findings: Sequence[Finding] = (),
    ) -> Answer:
        return await self.inner.answer(question, references, dialogue, findings)

    async def extract(self, dialogue: Dialogue, question: Question) -> Extraction:
        return await self.inner.extract(dialogue, question)

    async def review(self, dialogue: Dialogue, turn: Turn) -> Review:
        return await self.inner.review(dialogue, turn) if self.reviews else Review(None, "reviews are switched off")

    async def judge_page(self, dialogue: Dialogue, title: str, text: str) -> Judgement:
        return await self.inner.judge_page(dialogue, title, text)

    async def judge_annotation(self, dialogue: Dialogue, turn: Turn, annotation: Annotation) -> AnnotationReview:
        return await self.inner.judge_annotation(dialogue, turn, annotation)

    async def triage(self, dialogue: Dialogue, categories: Sequence[Category]) -> Severity:
        return await self.inner.triage(dialogue, categories)

    async def argue(self, dialogue: Dialogue, categories: Sequence[Category], category: str) -> Severity:
        return await self.inner.argue(dialogue, categories, category)

    async def problem(self, dialogue: Dialogue) -> str:
        return await self.inner.problem(dialogue)

    async def same_problem(self, statement: str, known: str) -> Sameness:
        return await self.inner.same_problem(statement, known)

    async def joint_problem(self, statements: Sequence[str]) -> str:
        return await self.inner.joint_problem(statements)

    async def warm(self) -> None:
        await self.inner.warm()

    async def close(self) -> None:
        if self._inner:
            await self._inner.close()
