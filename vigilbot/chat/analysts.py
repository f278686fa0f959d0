"""What analysts do beside talking: the seam between chat platforms and those who look after annotations.

A platform asks for what it has to show (an `Offer`, a `Form`, a `Home`), shows it to that analyst alone, and hands back
what they chose. Every method may raise NotFound, or DecisionRefused with one sentence for the analyst. Whether somebody
is an analyst the platform has to know, each time anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.models import (
        Audience,
        DeliveryMode,
        Gap,
        PreferenceGrade,
        RelevanceGrade,
        Session,
        Side,
        Suggestion,
        Use,
        UseReason,
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion as one analyst is shown it."""

    session: Session
    suggestion: Suggestion
    question: str
    asked: bool
    """Whether this analyst is also asked for an annotation."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A reference of the turn. `number` is its place among them, from 1."""

    number: int
    title: str
    excerpt: str
    grade: RelevanceGrade | None = None
    """What this analyst said of it before."""


@dataclass(frozen=True, slots=True)
class Form:
    """What an analyst may say about a turn; every field is optional."""

    session: Session
    turn_id: str
    question: str
    answer: str
    """As a card shows it; empty when the bot refused."""
    passages: tuple[Passage, ...]
    candidates: tuple[str, str] | None
    """Two answers to compare, left and right; None when there is only one."""
    asks_use: bool
    """False where what became of the answer is known already."""
    shown_at: float


@dataclass(frozen=True, slots=True)
class Answers:
    """A form, filled in as far as the analyst liked."""

    use: Use | None = None
    reasons: tuple[UseReason, ...] = ()
    note: str = ""
    relevance: Mapping[int, RelevanceGrade] = field(default_factory=dict)
    """By the passage's number."""
    grade: PreferenceGrade | None = None
    preferred: Side | None = None
    """None with a `grade` of `tie`."""
    lacking: str = ""
    shown_at: float | None = None
    """When the form was shown, as it said itself."""


@dataclass(frozen=True, slots=True)
class Home:
    """What waits for an analyst."""

    offers: tuple[Offer, ...]
    gaps: tuple[Gap, ...]
    deliveries: Mapping[Audience, DeliveryMode]
    """What was chosen instead of `default`, by audience."""
    default: DeliveryMode
    snoozed_until: float
    """Nothing is asked until then; 0: never snoozed."""


class AnalystDesk(Protocol):
    """What a chat platform may ask and hand back on behalf of one analyst; implemented in `annotations/desk.py`."""

    async def offer(self, suggestion_id: str, analyst: str) -> Offer:
        """A suggestion that may still be posted."""

    async def post(self, suggestion_id: str, analyst: str, text: str | None = None) -> str:
        """Post a suggestion, or `text` instead, as this analyst's choice; returns what to tell them."""

    async def decline(self, suggestion_id: str, analyst: str) -> str:
        """It is not useful; returns what to tell them."""

    async def form(self, turn_id: str, analyst: str) -> Form:
        """What this analyst may say about a turn."""

    async def annotate(self, turn_id: str, analyst: str, answers: Answers) -> str:
        """Store what was filled in; returns what to tell them."""

    async def snooze(self, analyst: str) -> str:
        """Ask this analyst nothing for a day; returns what to tell them."""

    async def home(self, analyst: str) -> Home:
        """What waits for this analyst."""

    async def gap(self, gap_id: str) -> Gap:
        """One work item."""

    async def close_gap(self, gap_id: str, analyst: str, *, question: str, answer: str, link: str) -> str:
        """Write the answer, or link the page that has it; it becomes knowledge. Returns what to tell them."""

    async def drop_gap(self, gap_id: str, analyst: str) -> str:
        """Nobody is going to answer it; returns what to tell them."""

    async def choose_delivery(self, audience: Audience, mode: DeliveryMode | None, analyst: str) -> str:
        """How answers for this audience are delivered; None: as for the wider one. Returns what to tell them."""


@runtime_checkable
class AnalystViews(Protocol):
    """A chat platform that can show one analyst what nobody else sees."""

    def serve_analysts(self, desk: AnalystDesk) -> None:
        """Called once, before the platform is started."""

    async def show_suggestion(self, offer: Offer, analyst: str) -> None:
        """Raises ChatError."""

    async def ask_for_annotation(self, form: Form, analyst: str) -> None:
        """Ask whether they would say something about a turn; the form opens when they say yes. Raises ChatError."""
