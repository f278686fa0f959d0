"""One record of figures, and the same by day or week. An empty database gives zeros and no rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.annotations.agreement import Agreement
    from vigilbot.models import AnnotationKind, Gap, Switch, TrainedModel

MINUTES_SAVED = 10.0
"""Of an analyst's time for each answer that was accepted or adopted: an assumption, to be changed by whoever reads."""


@dataclass(frozen=True, slots=True)
class Period:
    """A day or a week. Rates are None where there is nothing to take them from."""

    start: float
    """Seconds since the epoch, midnight UTC."""
    sessions: int
    turns: int
    cards: int
    accepted: int
    accepted_alone: int
    """Of these, where no analyst said what they made of the answer."""
    adopted: int
    """Answers that analysts used or edited."""
    judged_adoptions: int
    precision: float | None
    """precision@8 of what was judged: a reference counts 1 if relevant, ½ if partly."""
    annotations: int
    gaps_opened: int
    gaps_closed: int
    cost_usd: float

    @property
    def accept_rate(self) -> float | None:
        return ratio(self.accepted, self.cards)

    @property
    def adoption_rate(self) -> float | None:
        return ratio(self.adopted, self.judged_adoptions)


@dataclass(frozen=True, slots=True)
class Load:
    """What annotating asks of one analyst."""

    analyst: str
    annotations: int
    asked: int
    """Turns the bot has asked them about."""
    seconds: float | None
    """Median time from the form to the answer."""


@dataclass(frozen=True, slots=True)
class Recall:
    """recall@75 of what was known to be relevant, as measured at one training, before and with its model."""

    version: int
    measured_at: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """An annotation that a judge has flagged; trainings and exports leave it out."""

    kind: AnnotationKind
    analyst: str
    question: str
    judge: str
    """`rules`, or the name of the model."""
    reason: str
    flagged_at: float


@dataclass(frozen=True, slots=True)
class Quality:
    """What annotations are worth: how far analysts agree, and what is doubted."""

    agreement: Mapping[AnnotationKind, Agreement]
    """By kind, where two analysts have said something of it about one turn."""
    flagged: int
    """Annotations that a judge doubts."""
    doubts: tuple[Doubt, ...]
    """The latest, newest first."""


@dataclass(frozen=True, slots=True)
class Stats:
    """Everything, from `since` on; `days` is the length of a period."""

    since: float
    until: float
    days: int
    engaged: int
    """Sessions that an analyst has joined."""
    helped: int
    """Of these, with at least one card."""
    coverage: float | None
    """Mean over engaged sessions with questions within scope: the share of these that got a card."""
    outcomes: Mapping[str, int]
    total: Period
    periods: tuple[Period, ...]
    recalls: tuple[Recall, ...]
    loads: tuple[Load, ...]
    quality: Quality
    gaps: tuple[Gap, ...]
    """Still open, oldest first."""
    models: tuple[TrainedModel, ...]
    in_use: tuple[int, ...]
    switches: tuple[Switch, ...]
    tokens: int

    @property
    def saving_answers(self) -> int:
        """Answers that took work from an analyst: accepted, or used and edited by one; each counts once."""
        return self.total.accepted_alone + self.total.adopted

    def hours_saved(self, minutes: float = MINUTES_SAVED) -> float:
        """By the assumption that every such answer saves so many minutes."""
        return self.saving_answers * minutes / 60


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
