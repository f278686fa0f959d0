"""What becomes of a turn: its scope, its question, the answer, the outcome, and the card as posted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from vigilbot.models.knowledge import Reference
    from vigilbot.models.tools import Finding

Scope = Literal["within_scope", "out_of_scope", "no_assistance"]
Outcome = Literal["out_of_scope", "no_assistance", "refused", "duplicate", "overtaken", "answered", "failed"]
CardState = Literal["queued", "posted", "accepted"]


@dataclass(frozen=True, slots=True)
class Identification:
    """The scope of a turn, with the reason in one sentence a person can read."""

    scope: Scope
    reason: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """A turn rewritten to stand alone. `sub_questions` is empty when the turn asks only one thing."""

    text: str
    sub_questions: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    """Other wordings of the whole question, searched with as well but not answered on their own."""

    @property
    def parts(self) -> tuple[str, ...]:
        """What each has to be answered or refused: the sub-questions, or the question itself."""
        return self.sub_questions or (self.text,)


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """The answer to one question of the turn: text that cites `<doc_n>` and `<tool_n>` (n from 1), or a refusal."""

    question: str
    text: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reasoner says to a turn. It is a refusal when every part is."""

    parts: tuple[AnswerPart, ...]
    reasoner: str
    """Who wrote it: `extractive`, or the model's name."""

    @property
    def refused(self) -> bool:
        return all(part.refused for part in self.parts)

    @property
    def text(self) -> str:
        return "\n\n".join(part.text for part in self.parts if not part.refused)


@dataclass(frozen=True, slots=True)
class Turn:
    """A burst of consecutive customer messages, handled as one. It ends in exactly one outcome, stored."""

    id: str
    session_id: str
    message_ids: tuple[str, ...]
    created_at: float
    addressed: bool = False
    """The customer spoke to the bot itself: an answer or a reason is due."""
    scope: Scope | None = None
    question: Question | None = None
    references: tuple[Reference, ...] = ()
    findings: tuple[Finding, ...] = ()
    answer: Answer | None = None
    outcome: Outcome | None = None
    reason: str = ""
    """Why it ended as it did, in one sentence a person can read."""
    timings: dict[str, float] = field(default_factory=dict)
    """Milliseconds by step: wait, identify, rewrite, retrieve, choose_tools, tools, answer, dedup, total."""
    ended_at: float | None = None
    duplicate_of: str | None = None
    """The id of the card that had given this answer already."""


@dataclass(frozen=True, slots=True)
class Source:
    """A cited passage or finding as a card shows it. `number` stands in square brackets in the card's text."""

    number: int
    entry_id: str
    """Empty for a finding: it is no entry, and holds for its moment only."""
    title: str
    url: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Card:
    """The answer as posted. `parts` carry `[n]` where the answer carried a citation; `sources` explain each n."""

    id: str
    session_id: str
    turn_id: str
    parts: tuple[AnswerPart, ...]
    sources: tuple[Source, ...]
    reasoner: str
    state: CardState
    created_at: float
    posted_ref: str | None = None
    """What the platform calls the posted message (Slack: `ts`); None until it is confirmed."""
    accepted_by: str | None = None
    accepted_at: float | None = None
    chosen_by: str | None = None
    """The analyst who chose to post it, as it was suggested or edited; None when the bot posted it by itself."""
