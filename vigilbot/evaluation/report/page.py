"""The report of a backtest, for whoever decides whether the bot goes live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import jinja2

from vigilbot.errors import EvaluationError
from vigilbot.evaluation.report import plots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from vigilbot.evaluation.backtest_result import BacktestResult
    from vigilbot.evaluation.played import Played, PlayedTurn
    from vigilbot.evaluation.report.plots import Plot
    from vigilbot.evaluation.summary import Summary

EXAMPLES = 10
"""Of each kind, spread evenly over the sessions."""
STEPS = ("identify", "rewrite", "retrieve", "answer", "dedup")
LONGEST = 700
"""Characters of one text of an example."""

WORDS = {
    "answered": "got a card",
    "duplicate": "the same answer stood there already",
    "overtaken": "an analyst was faster",
    "refused": "no passage answers it",
    "out_of_scope": "not what the bot is for",
    "no_assistance": "nothing was asked",
    "failed": "a model or the index failed",
}


@dataclass(frozen=True, slots=True)
class Example:
    """One turn, the bot's answer beside the analysts'."""

    case_id: str
    turn: PlayedTurn


@dataclass(frozen=True, slots=True)
class Group:
    """Examples under one heading."""

    title: str
    about: str
    total: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a bar list: `share` of the longest is its length."""

    name: str
    value: str
    share: float
    accent: bool = False


def write_page(path: Path, done: BacktestResult) -> None:
    """Raises EvaluationError when the file cannot be written."""
    write_html(path, page(done))


def write_html(path: Path, html: str) -> None:
    """Raises EvaluationError when the file cannot be written."""
    try:
        path.write_text(html, encoding="utf-8", errors="replace")
    except OSError as error:
        raise EvaluationError(f"{path}: cannot be written ({error.strerror})") from None


def page(done: BacktestResult) -> str:
    """The whole page. Everything that people wrote is escaped by the template."""
    return rendered(
        "backtest.html.jinja",
        {
            "done": done,
            "summary": done.summary,
            "made_at": datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC"),
            "period": period(done.played),
            "funnel": funnel(done.summary),
            "per_session": per_session(done.summary),
            "steps": steps(done.summary),
            "over_time": over_time(done.summary),
            "sweep": sweep(done.summary, done.threshold),
            "groups": groups(done.played),
        },
    )


def rendered(name: str, values: Mapping[str, object]) -> str:
    """A template of this package, every value escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("vigilbot.evaluation.report", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clipped"] = _clipped
    environment.filters["duration"] = duration
    return environment.get_template(name).render(values)


def duration(seconds: float) -> str:
    """In the unit that people would say it in."""
    for size, name in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if abs(seconds) >= size:
            return f"{seconds / size:,.1f} {name}"
    return f"{seconds:,.0f} s"


def period(played: Sequence[Played]) -> str:
    """From when to when, where the history tells."""
    begun = sorted(session.began for session in played if session.began is not None)
    if not begun:
        return ""
    days = [datetime.fromtimestamp(moment, UTC).strftime("%d %b %Y") for moment in (begun[0], begun[-1])]
    return " to ".join(dict.fromkeys(days))


def funnel(summary: Summary) -> list[Row]:
    """From all turns down to the cards, then every outcome."""
    counts = [("customers wrote", summary.turns, False), ("asked within scope", summary.asked, False)]
    counts += [(WORDS.get(name, name), count, name == "answered") for name, count in summary.outcomes.items()]
    most = max(1, summary.turns)
    return [Row(name, f"{count:,}", count / most, accent) for name, count, accent in counts]


def per_session(summary: Summary) -> list[Row]:
    most = max(1, *summary.coverage_per_session.values())
    return [
        Row(name, f"{count:,}", count / most, accent=name != "none")
        for name, count in summary.coverage_per_session.items()
    ]


def steps(summary: Summary) -> list[Row]:
    """In the order of the pipeline, the whole last."""
    most = max([1.0, *summary.steps_ms_p95.values()])
    places = {name: place for place, name in enumerate((*STEPS, "total"))}
    taken = sorted(summary.steps_ms_p95.items(), key=lambda step: places.get(step[0], len(STEPS)))
    return [Row(name, f"{ms:,.0f} ms", ms / most, accent=name == "total") for name, ms in taken]


def over_time(summary: Summary) -> Plot:
    spans = summary.over_time
    titles = [
        f"{one.name}: {one.answered:,} of {one.asked:,} answered, {one.share_so_far:.0%} up to here" for one in spans
    ]
    counts = [[one.asked for one in spans], [one.answered for one in spans]]
    return plots.bars_with_line([one.name for one in spans], counts, [one.share_so_far for one in spans], titles)


def sweep(summary: Summary, threshold: float) -> Plot:
    rows = summary.threshold_sweep
    titles = [f"θ {row.threshold:.2f}: {row.posted:,} cards, {row.suppressed:,} withheld" for row in rows]
    nearest = min(range(len(rows)), key=lambda number: abs(rows[number].threshold - threshold))
    top = plots.rounded_up(max(row.posted for row in rows))
    points = [(row.threshold, float(row.posted)) for row in rows]
    return plots.curve(points, titles, nearest, (rows[0].threshold, rows[-1].threshold), top=top)


def groups(played: Sequence[Played]) -> list[Group]:
    """What to read first: where bot and analyst differ, where they agree, and what the bot could not answer."""
    every = [Example(session.case_id, turn) for session in played for turn in session.turns]
    differing = [one for one in every if one.turn.agrees is False]
    agreeing = [one for one in every if one.turn.agrees]
    unanswered = [one for one in every if one.turn.outcome == "refused" and one.turn.human]
    return [
        Group(
            "Cards that say something else than the analyst",
            "Read these first. Some are wrong; many are right in other words, or answer another part of the question.",
            len(differing),
            _spread(sorted(differing, key=lambda one: -(one.turn.agreement or 0.0))),
        ),
        Group("Cards that say what the analyst then said", "", len(agreeing), _spread(agreeing)),
        Group(
            "Questions the bot left to the analyst",
            "No passage answered them. What the analysts said here is what the knowledge base lacks.",
            len(unanswered),
            _spread(unanswered),
        ),
    ]


def _spread(examples: Sequence[Example]) -> tuple[Example, ...]:
    step = max(1.0, len(examples) / EXAMPLES)
    return tuple(examples[int(number * step)] for number in range(min(EXAMPLES, len(examples))))


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " …"
