"""What a backtest came to, as the figures its report and `--json` show."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.evaluation.dedup import sent_under
from vigilbot.evaluation.ledger import total
from vigilbot.evaluation.metrics import interval
from vigilbot.evaluation.played import Played

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.evaluation.played import PlayedTurn

SHARES = ("none", "up to a quarter", "up to half", "up to three quarters", "nearly all", "all")
"""Of a session's questions, answered: the classes of the histogram."""
THRESHOLDS = tuple(round(0.4 + 0.05 * step, 2) for step in range(13))
PARTS = 12
"""Of the sessions in their order, where no dates are known or they span less than three weeks."""
FEWEST_WEEKS, MOST_WEEKS = 3, 60
WEEK = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Span:
    """Some of the sessions, by time or by order."""

    name: str
    asked: int
    answered: int
    share_so_far: float
    """Of everything asked up to here."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Cards beside what the analysts then said. `interval` bounds the share with 95 % confidence."""

    judged: int
    agrees: int
    related: int
    share: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class SweepRow:
    """How many answers would be posted, and how many suppressed as repetitions, at one dedup threshold θ."""

    threshold: float
    posted: int
    suppressed: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Every figure of a backtest."""

    sessions: int
    messages: int
    turns: int
    asked: int
    """Turns within scope."""
    answered: int
    outcomes: dict[str, int]
    coverage: float
    """Share of the sessions with a card at least."""
    answered_share: float
    """Of the turns within scope."""
    coverage_per_session: dict[str, int]
    """Sessions that asked something, by the share of their questions that got a card."""
    over_time: tuple[Span, ...]
    agreement: Agreement
    ahead_seconds: float | None
    """Median time by which cards were there before the analysts' answers; None where times are not known."""
    answer_ms_p50: float | None
    answer_ms_p95: float | None
    steps_ms_p95: dict[str, float]
    threshold_sweep: tuple[SweepRow, ...]
    cost: dict[str, float]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def summary_of(played: Sequence[Played], related_from: float) -> Summary:
    """`related_from`: agreement from which an answer is about the same thing at least."""
    turns = [turn for session in played for turn in session.turns]
    answered = [turn for turn in turns if turn.outcome == "answered"]
    asked = sum(session.asked for session in played)
    latencies = [turn.timings.get("total", 0.0) for turn in answered]
    return Summary(
        sessions=len(played),
        messages=sum(session.messages for session in played),
        turns=len(turns),
        asked=asked,
        answered=len(answered),
        outcomes=dict(Counter(turn.outcome for turn in turns).most_common()),
        coverage=_share(sum(session.answered > 0 for session in played), len(played)),
        answered_share=_share(len(answered), asked),
        coverage_per_session=_per_session(played),
        over_time=over_time(played),
        agreement=_agreement(answered, related_from),
        ahead_seconds=_ahead(answered),
        answer_ms_p50=_percentile(latencies, 50),
        answer_ms_p95=_percentile(latencies, 95),
        steps_ms_p95=_steps(turns),
        threshold_sweep=tuple(_sweep(played)),
        cost=total([session.cost for session in played]),
    )


def over_time(played: Sequence[Played]) -> tuple[Span, ...]:
    """By week where dates are known, else in equal parts of the sessions' order."""
    begun = [session.began for session in played if session.began is not None]
    weeks = 1 + int((max(begun) - min(begun)) // WEEK) if begun else 0
    if len(begun) == len(played) and FEWEST_WEEKS <= weeks <= MOST_WEEKS:
        spans = _by_week(played, min(begun))
    else:
        spans = _by_order(played)
    asked = answered = 0
    found = []
    for name, sessions in spans:
        here, cards = sum(one.asked for one in sessions), sum(one.answered for one in sessions)
        asked, answered = asked + here, answered + cards
        found.append(Span(name, here, cards, _share(answered, asked)))
    return tuple(found)


def _by_week(played: Sequence[Played], first: float) -> list[tuple[str, list[Played]]]:
    weeks = defaultdict[int, list[Played]](list)
    for session in played:
        weeks[int(((session.began or first) - first) // WEEK)].append(session)
    return [
        (datetime.fromtimestamp(first + number * WEEK, UTC).date().isoformat(), weeks[number])
        for number in range(max(weeks) + 1)
    ]


def _by_order(played: Sequence[Played]) -> list[tuple[str, list[Played]]]:
    bounds = np.linspace(0, len(played), min(PARTS, len(played)) + 1).astype(int).tolist()
    pairs = list(itertools.pairwise(bounds))
    return [(f"{start + 1}–{end}", list(played[start:end])) for start, end in pairs]


def _per_session(played: Sequence[Played]) -> dict[str, int]:
    found = dict.fromkeys(SHARES, 0)
    for session in played:
        if session.asked:
            share = session.answered / session.asked
            bounds = (share == 0, share <= 0.25, share <= 0.5, share <= 0.75, share < 1)
            found[next((name for name, holds in zip(SHARES, bounds, strict=False) if holds), SHARES[-1])] += 1
    return found


def _agreement(answered: Sequence[PlayedTurn], related_from: float) -> Agreement:
    judged = [turn for turn in answered if turn.agrees is not None]
    agrees = np.array([bool(turn.agrees) for turn in judged])
    related = sum(not turn.agrees and (turn.agreement or 0.0) >= related_from for turn in judged)
    bounds = interval(lambda rows: float(agrees[rows].mean()), len(judged)) if judged else (0.0, 1.0)
    low, high = (round(bound, 4) for bound in bounds)
    return Agreement(len(judged), int(agrees.sum()), related, _share(int(agrees.sum()), len(judged)), (low, high))


def _ahead(answered: Sequence[PlayedTurn]) -> float | None:
    ahead = [turn.human_after - turn.timings.get("total", 0.0) / 1000 for turn in answered if turn.human_after]
    return _percentile(ahead, 50)


def _steps(turns: Sequence[PlayedTurn]) -> dict[str, float]:
    taken = defaultdict[str, list[float]](list)
    for turn in turns:
        for step, milliseconds in turn.timings.items():
            taken[step].append(milliseconds)
    return {step: _percentile(values, 95) or 0.0 for step, values in taken.items() if step != "wait"}


def _sweep(played: Sequence[Played]) -> list[SweepRow]:
    tables = [
        [turn.earlier for turn in session.turns if turn.outcome in {"answered", "duplicate"}] for session in played
    ]
    found = []
    for threshold in THRESHOLDS:
        sent = [one for table in tables for one in sent_under(table, threshold)]
        found.append(SweepRow(threshold, sum(sent), len(sent) - sum(sent)))
    return found


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return round(float(np.percentile(np.asarray(values), percent)), 1) if values else None
