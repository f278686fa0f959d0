"""Scripted fakes, only for what thinks. They fail loudly when the script is exhausted."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vigilbot.models import (
    OTHER,
    AnnotationReview,
    Answer,
    AnswerPart,
    Card,
    Extraction,
    Finding,
    Identification,
    Image,
    Judgement,
    Question,
    Reference,
    Review,
    Sameness,
    Scope,
    Session,
    Severity,
    Tool,
    ToolCall,
    Turn,
)
from vigilbot.runtime.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from vigilbot.chat.analysts import AnalystDesk, Form, Offer
    from vigilbot.chat.base import ChatEvent
    from vigilbot.models import Annotation, Category, Dialogue


@dataclass
class ScriptedReasoner:
    """Says what it was told to say, in order; an exception in a queue is raised. `gate` holds every answer back."""

    scopes: deque[Scope | Exception] = field(default_factory=deque)
    questions: deque[Question | Exception] = field(default_factory=deque)
    choices: deque[tuple[ToolCall, ...] | Exception] = field(default_factory=deque)
    offered: list[tuple[Tool, ...]] = field(default_factory=list)
    answers: deque[str | Answer | Exception] = field(default_factory=deque)
    extractions: deque[Extraction | Exception] = field(default_factory=deque)
    reviews: deque[Review | Exception] = field(default_factory=deque)
    judgements: deque[Judgement | Exception] = field(default_factory=deque)
    annotation_reviews: deque[AnnotationReview | Exception] = field(default_factory=deque)
    doubted: list[Annotation] = field(default_factory=list)
    severities: deque[Severity | Exception] = field(default_factory=deque)
    arguments: deque[Severity | Exception] = field(default_factory=deque)
    problems: deque[str | Exception] = field(default_factory=deque)
    samenesses: deque[Sameness | Exception] = field(default_factory=deque)
    joints: deque[str | Exception] = field(default_factory=deque)
    seen: list[Dialogue] = field(default_factory=list)
    gate: asyncio.Event | None = None
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    name: str = "scripted"

    async def identify(self, dialogue: Dialogue) -> Identification:
        self.seen.append(dialogue)
        scope: Scope = _next(self.scopes, "identify")
        return Identification(scope, "as scripted")

    async def rewrite(self, dialogue: Dialogue) -> Question:
        question: Question = _next(self.questions, "rewrite") if self.questions else Question(dialogue.turn_text)
        return question

    async def choose_tools(self, dialogue: Dialogue, tools: Sequence[Tool]) -> tuple[ToolCall, ...]:
        self.offered.append(tuple(tools))
        choice: tuple[ToolCall, ...] = _next(self.choices, "choose_tools") if self.choices else ()
        return choice

    async def answer(
        self,
        question: Question,
        references: Sequence[Reference],
        dialogue: Dialogue,
        findings: Sequence[Finding] = (),
    ) -> Answer:
        said: str | Answer = _next(self.answers, "answer")
        self.answering.set()
        if self.gate:
            await self.gate.wait()
        if isinstance(said, Answer):
            return said
        return Answer((AnswerPart(question.text, said, refused=not said),), self.name)

    async def extract(self, dialogue: Dialogue, question: Question) -> Extraction:
        self.seen.append(dialogue)
        extraction: Extraction = _next(self.extractions, "extract")
        return extraction

    async def review(self, dialogue: Dialogue, turn: Turn) -> Review:
        self.seen.append(dialogue)
        review: Review = _next(self.reviews, "review")
        return review

    async def judge_page(self, dialogue: Dialogue, title: str, text: str) -> Judgement:
        judgement: Judgement = _next(self.judgements, "judge_page")
        return judgement

    async def judge_annotation(self, dialogue: Dialogue, turn: Turn, annotation: Annotation) -> AnnotationReview:
        if not self.annotation_reviews:
            return AnnotationReview(None, "not scripted", self.name)
        self.seen.append(dialogue)
        self.doubted.append(annotation)
        review: AnnotationReview = _next(self.annotation_reviews, "judge_annotation")
        return review

    async def triage(self, dialogue: Dialogue, categories: Sequence[Category]) -> Severity:
        said: Severity = _next(self.severities, "triage") if self.severities else Severity(OTHER, "not scripted")
        return said

    async def argue(self, dialogue: Dialogue, categories: Sequence[Category], category: str) -> Severity:
        said: Severity = _next(self.arguments, "argue")
        return said

    async def problem(self, dialogue: Dialogue) -> str:
        said: str = _next(self.problems, "problem") if self.problems else dialogue.messages[0].text
        return said

    async def same_problem(self, statement: str, known: str) -> Sameness:
        said: Sameness = _next(self.samenesses, "same_problem")
        return said

    async def joint_problem(self, statements: Sequence[str]) -> str:
        said: str = _next(self.joints, "joint_problem") if self.joints else " ".join(statements)
        return said

    async def warm(self) -> None:
        pass

    async def close(self) -> None:
        pass


def _next(queue: deque[Any], task: str) -> Any:
    if not queue:
        raise AssertionError(f"the script for {task} is exhausted")
    said = queue.popleft()
    if isinstance(said, Exception):
        raise said
    return said


@dataclass
class RecordingPlatform:
    """A chat platform that keeps what it was given. `failures` are raised by the next posts, in order."""

    name: str = "recorded"
    post_interval: float = 0.0
    posted: list[Card] = field(default_factory=list)
    updated: list[Card] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    deliveries: dict[str, str] = field(default_factory=dict)
    failures: deque[Exception] = field(default_factory=deque)
    intake: Callable[[ChatEvent], Awaitable[bool]] | None = None
    offers: list[tuple[Offer, str]] = field(default_factory=list)
    """Suggestions, and the analyst who was shown each."""
    requests: list[tuple[Form, str]] = field(default_factory=list)
    """What analysts were asked for."""

    def serve_analysts(self, desk: AnalystDesk) -> None:
        pass

    async def show_suggestion(self, offer: Offer, analyst: str) -> None:
        self.offers.append((offer, analyst))

    async def ask_for_annotation(self, form: Form, analyst: str) -> None:
        self.requests.append((form, analyst))

    async def start(self, intake: Callable[[ChatEvent], Awaitable[bool]]) -> None:
        self.intake = intake

    async def stop(self) -> None:
        self.intake = None

    async def post_card(self, session: Session, card: Card, delivery_id: str) -> str:
        if self.failures:
            raise self.failures.popleft()
        self.posted.append(card)
        self.deliveries[delivery_id] = f"ref-{len(self.posted)}"
        return self.deliveries[delivery_id]

    async def find_posted(self, session: Session, delivery_id: str, since: float) -> str | None:
        return self.deliveries.get(delivery_id)

    async def update_card(self, session: Session, card: Card) -> None:
        self.updated.append(card)

    async def permalink(self, session: Session) -> str:
        return f"https://chat.example/{session.id}"

    async def post_notice(self, session: Session, text: str, to: str | None, delivery_id: str) -> str:
        if self.failures:
            raise self.failures.popleft()
        self.notices.append(text)
        self.deliveries[delivery_id] = f"notice-{len(self.notices)}"
        return self.deliveries[delivery_id]

    async def fetch_image(self, image: Image) -> bytes:
        raise AssertionError("no pictures in these dialogues")


class JumpingClock(VirtualClock):
    """Somebody sets the wall clock; steady time goes on."""

    jumped = 0.0

    def now(self) -> float:
        return super().now() + self.jumped
