"""The seam between the pipeline and whoever thinks: one method per thinking task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        ModelCall,
        Question,
        Reference,
        Review,
        Sameness,
        Severity,
        Tool,
        ToolCall,
        Turn,
    )


class TriageReasoner(Protocol):
    """What triage asks of whoever thinks."""

    async def triage(self, dialogue: Dialogue, categories: Sequence[Category]) -> Severity:
        """Class the whole dialogue so far by gravity, with verbatim evidence. Raises ReasonerError."""

    async def argue(self, dialogue: Dialogue, categories: Sequence[Category], category: str) -> Severity:
        """Write the reasoning, with verbatim evidence, that leads to the category on which people have settled.

        Asked again it may say it in other words. Undecided when nothing speaks for it; raises ReasonerError.
        """

    async def problem(self, dialogue: Dialogue) -> str:
        """State the dialogue's problem in generic words that another ticket of the incident would share.

        Object, symptom, region, version and time are named where they were; raises ReasonerError.
        """

    async def same_problem(self, statement: str, known: str) -> Sameness:
        """Confirm or refuse that two statements are about one incident. Raises ReasonerError."""

    async def joint_problem(self, statements: Sequence[str]) -> str:
        """One statement that covers them all, oldest first. Raises ReasonerError."""


class LearningReasoner(Protocol):
    """What learning asks of whoever thinks: each question is about a dialogue to its present end."""

    async def extract(self, dialogue: Dialogue, question: Question) -> Extraction:
        """Find the analysts' definitive answer to the turn's question in the whole dialogue, as a generic pair.

        `dialogue.messages` run to the end of the session. The last correction stands; customers and bots do not
        teach. Raises ReasonerError.
        """

    async def review(self, dialogue: Dialogue, turn: Turn) -> Review:
        """Judge the answer that was posted for the turn by what was said after it. Raises ReasonerError."""

    async def judge_page(self, dialogue: Dialogue, title: str, text: str) -> Judgement:
        """Judge whether a page that an analyst shared helps with questions like this session's.

        Raises ReasonerError.
        """


class AnnotationReasoner(Protocol):
    """The virtual judge of what analysts say (AITL); it labels nothing."""

    async def judge_annotation(self, dialogue: Dialogue, turn: Turn, annotation: Annotation) -> AnnotationReview:
        """Judge whether an annotation of the turn fits what it is about, contradicts it, or was careless.

        Undecided where that takes understanding that is not there. Raises ReasonerError.
        """


class Reasoner(LearningReasoner, TriageReasoner, AnnotationReasoner, Protocol):
    """Everything that is thought about a session: the steps of a turn here, the rest in the parts it is made of."""

    @property
    def name(self) -> str:
        """`extractive`, or the model's name; shown on every card."""

    async def identify(self, dialogue: Dialogue) -> Identification:
        """Judge whether the turn asks something within `dialogue.scope` that no analyst has handled yet.

        Raises ReasonerError when nothing usable came back.
        """

    async def rewrite(self, dialogue: Dialogue) -> Question:
        """Make the turn stand alone: referents resolved, error texts pulled in, instance ids stripped.

        Raises ReasonerError.
        """

    async def choose_tools(self, dialogue: Dialogue, tools: Sequence[Tool]) -> tuple[ToolCall, ...]:
        """Propose the calls that would help to answer the turn, most helpful first; usually none.

        Nothing is called here, and the proposals are held to the admin's rules later. Raises ReasonerError.
        """

    async def answer(
        self,
        question: Question,
        references: Sequence[Reference],
        dialogue: Dialogue,
        findings: Sequence[Finding] = (),
    ) -> Answer:
        """Answer each part of the question from the references and findings, or refuse it.

        They are cited as `<doc_n>` and `<tool_n>`, n from 1. Raises ReasonerError.
        """

    async def warm(self) -> None:
        """Load what is slow to load, so that the first turn does not wait for it."""

    async def close(self) -> None:
        """Release connections and models."""


class CallRecorder(Protocol):
    """Whoever keeps account of model calls."""

    async def record(self, call: ModelCall) -> None:
        """Keep one model call for the accounts; called even when the call failed."""
