"""What analysts say about the bot's work, asked of a sample and never required (AITL, arXiv 2510.06674).

Nothing of it is ever shown to a customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from vigilbot.models.knowledge import Audience

AnnotationKind = Literal["preference", "adoption", "relevance", "missing_knowledge"]
Side = Literal["left", "right"]
PreferenceGrade = Literal["significantly_better", "better", "slightly_better", "tie"]
Use = Literal["used", "edited", "unused"]
UseReason = Literal["wrong_topic", "wrong", "outdated", "incomplete", "too_long", "unclear", "too_late", "other"]
RelevanceGrade = Literal["relevant", "partly", "not_relevant"]
Variant = Literal["given", "other_model", "other_prompt", "other_references"]
AnnotationVerdict = Literal["consistent", "contradictory", "careless"]
SignalKind = Literal["accept", "own_answer", "follow_up"]
GapState = Literal["open", "closed", "dropped"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of two answers to compare. `variant` says in what it differs from the one that was given."""

    text: str
    """With `<doc_n>` citations: n counts `entries` from 1."""
    reasoner: str
    variant: Variant
    entries: tuple[str, ...] = ()
    """Ids of the entries that its references are of."""
    prompt: str = ""
    """The file whose wording asked for it; empty: the usual one."""


@dataclass(frozen=True, slots=True)
class Preference:
    """Which of two candidates is better, and by how much. Which stood on which side was drawn at random."""

    left: Candidate
    right: Candidate
    preferred: Side | None
    """None exactly when `grade` is `tie`."""
    grade: PreferenceGrade
    note: str = ""

    @property
    def chosen(self) -> Candidate | None:
        return {"left": self.left, "right": self.right, None: None}[self.preferred]

    @property
    def rejected(self) -> Candidate | None:
        return {"left": self.right, "right": self.left, None: None}[self.preferred]


@dataclass(frozen=True, slots=True)
class Rewording:
    """A stretch of words that an analyst replaced; an empty side means that the other was put in or taken out."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """What an analyst made of an answer, and why."""

    use: Use
    reasons: tuple[UseReason, ...] = ()
    note: str = ""
    suggested: str = ""
    """The answer as it was proposed, with its `[n]`."""
    sent: str = ""
    """What was posted instead of it; empty when nothing was."""
    changes: tuple[Rewording, ...] = ()
    """How `sent` differs from `suggested`, in order."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How one reference served the question. `number` is its place among the turn's references, from 1."""

    number: int
    entry_id: str
    version: int
    grade: RelevanceGrade


@dataclass(frozen=True, slots=True)
class Relevance:
    """The references an analyst has judged; those left out were not."""

    references: tuple[Judged, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class MissingKnowledge:
    """What was lacking to answer, in the analyst's words. It opens a gap."""

    lacking: str


Statement = Preference | Adoption | Relevance | MissingKnowledge


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one analyst says about one turn; said again, it replaces what they said before."""

    id: str
    session_id: str
    turn_id: str
    analyst: str
    audience: Audience
    """The narrowest of those whose knowledge the turn's references are: nobody else may see what is made of it."""
    statement: Statement
    asked: bool
    """False when the analyst came to it unasked."""
    shown_at: float | None
    """When the form was shown to them; None where there was none."""
    made_at: float

    @property
    def kind(self) -> AnnotationKind:
        return KIND_OF[type(self.statement)]


KIND_OF: dict[type[Statement], AnnotationKind] = {
    Preference: "preference",
    Adoption: "adoption",
    Relevance: "relevance",
    MissingKnowledge: "missing_knowledge",
}


@dataclass(frozen=True, slots=True)
class AnnotationReview:
    """What a judge makes of one annotation. `verdict` None: undecided, so nothing is flagged."""

    verdict: AnnotationVerdict | None
    reason: str
    judge: str
    """The name of the model that judged."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Why a judge doubts an annotation. It labels nothing: whoever trains leaves flagged ones out, or looks at them."""

    annotation_id: str
    judge: str
    """`rules`, or the name of the model."""
    reason: str
    flagged_at: float


@dataclass(frozen=True, slots=True)
class Signal:
    """What somebody's behaviour says about a turn's answer, without having been asked.

    `likeness` is the cosine between the answer and what was written; None for an accept.
    """

    kind: SignalKind
    session_id: str
    turn_id: str
    person: str
    message_id: str
    """The message that tells, empty for an accept."""
    likeness: float | None
    noticed_at: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A work item: knowledge that was lacking, until an analyst writes or links the answer, or drops it."""

    id: str
    session_id: str
    turn_id: str
    question: str
    lacking: str
    audience: Audience
    state: GapState
    opened_by: str
    opened_at: float
    closed_by: str | None = None
    closed_at: float | None = None
    entry_ids: tuple[str, ...] = ()
    """The entries that the answer became."""
