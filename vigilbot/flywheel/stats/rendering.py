"""The figures for a person at a terminal, and as JSON for scripts and the page."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vigilbot.flywheel.stats.figures import ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vigilbot.annotations.agreement import Agreement
    from vigilbot.flywheel.stats.figures import Period, Stats
    from vigilbot.models import AnnotationKind

SHOWN_GAPS = 10
SHOWN_DOUBTS = 5


def as_json(stats: Stats, minutes: float, problems: Sequence[str] = ()) -> dict[str, object]:
    """`hours_saved` by `minutes` an answer; `problems` are trained models that are switched on and cannot be used."""
    return {
        **asdict(stats),
        "total": _period(stats.total),
        "periods": [_period(one) for one in stats.periods],
        "helped_rate": ratio(stats.helped, stats.engaged),
        "saving_answers": stats.saving_answers,
        "minutes_saved_each": minutes,
        "hours_saved": round(stats.hours_saved(minutes), 2),
        "problems": list(problems),
    }


def _period(period: Period) -> dict[str, object]:
    return {**asdict(period), "accept_rate": period.accept_rate, "adoption_rate": period.adoption_rate}


def text(stats: Stats, minutes: float) -> str:
    """A screen of lines."""
    total = stats.total
    span = f"since {datetime.fromtimestamp(stats.periods[0].start, UTC).date()}" if stats.periods else "so far"
    helped = ratio(stats.helped, stats.engaged)
    assumed = f"each of {stats.saving_answers:,} answers accepted or adopted saves {minutes:g} minutes"
    lines = [
        f"{span}: {total.sessions:,} sessions, {total.turns:,} turns, {total.cards:,} cards",
        f"sessions helped      {stats.helped:,} of {stats.engaged:,} that an analyst joined ({_percent(helped)})",
        f"coverage             {_percent(stats.coverage)} of a session's questions within scope got a card",
        f"accept rate          {_percent(total.accept_rate)} ({total.accepted:,} of {total.cards:,} cards)",
        f"adoption rate        {_percent(total.adoption_rate)} ({total.adopted:,} of {total.judged_adoptions:,})",
        f"precision@8          {_percent(total.precision)} of the passages that analysts judged were relevant",
        f"recall@75            {_recall(stats)}",
        f"hours saved          {stats.hours_saved(minutes):,.1f}, if {assumed} (--minutes changes that)",
        f"cost                 {total.cost_usd:,.2f} USD, {stats.tokens:,} tokens",
        f"outcomes             {', '.join(f'{name} {count:,}' for name, count in stats.outcomes.items()) or 'none'}",
        "",
        f"annotations          {total.annotations:,}",
        *(f"  {load.analyst:<18} {load.annotations:,}{_seconds(load.seconds)}" for load in stats.loads),
        f"  agreement          {_agreement(stats.quality.agreement)}",
        f"  doubted            {stats.quality.flagged:,}",
        *(f"    {doubt.kind} by {doubt.analyst}: {doubt.reason}" for doubt in stats.quality.doubts[:SHOWN_DOUBTS]),
        f"gaps still open      {len(stats.gaps):,}",
        *(f"  {gap.question}: {gap.lacking}" for gap in stats.gaps[:SHOWN_GAPS]),
        f"trained models       {len(stats.models):,}",
        *(
            f"  {model.name:<18} {_state(stats, model.version, model.offered):<12} {model.reason}"
            for model in stats.models
        ),
    ]
    return "\n".join(lines)


def _recall(stats: Stats) -> str:
    if not stats.recalls:
        return "– (measured whenever a retriever is trained)"
    last = stats.recalls[-1]
    return f"{_percent(last.before)} → {_percent(last.after)} of what is known to be relevant, retriever {last.version}"


def _agreement(by_kind: Mapping[AnnotationKind, Agreement]) -> str:
    told = (
        f"{kind} {_percent(found.equal)} of {found.pairs:,} pairs (α {_alpha(found.alpha)})"
        for kind, found in by_kind.items()
    )
    return ", ".join(told) or "– (no two analysts have judged the same thing yet)"


def _alpha(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _state(stats: Stats, version: int, offered: bool) -> str:
    if version in stats.in_use:
        return "in use"
    return "offered" if offered else "not offered"


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f", {seconds:g} s each (median)"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
