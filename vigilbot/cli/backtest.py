"""`vigilbot backtest`: what would the bot have done in the team's own past?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vigilbot.cli.frame import (
    AsJson,
    expect_writable,
    follower,
    print_json,
    progress_bar,
    run_until_done,
    say,
    settings,
    words,
)

if TYPE_CHECKING:
    from vigilbot.evaluation.backtest_result import BacktestResult


def backtest(
    history: Annotated[
        Path,
        typer.Argument(
            help="A Slack export (zip or folder), or JSONL (.gz): {id, dialogue: [{role, author, text, at?}]}."
        ),
    ],
    report: Annotated[
        Path | None,
        typer.Option(help="Write a page with plots and examples: one HTML file that needs nothing else."),
    ] = None,
    learn: Annotated[
        bool,
        typer.Option("--learn", help="Begin with the documents alone and learn from each session when it has ended."),
    ] = False,
    analysts: Annotated[
        str, typer.Option(help="Who answered: user ids, names or @names, comma-separated; unset: VIGIL_ANALYSTS.")
    ] = "",
    first_author_asks: Annotated[
        bool, typer.Option("--first-author-asks", help="Whoever began a thread is its customer; others are analysts.")
    ] = False,
    channels: Annotated[
        str, typer.Option(help="Only these channels: ids or names, comma-separated; unset: VIGIL_CHANNELS, or all.")
    ] = "",
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only threads that began on this day or later (UTC).")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Replay only the first so many dialogues.")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew although the same backtest was stopped half way.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tell what the bot would have done in old support dialogues.

    They are replayed through the bot in virtual time. Nothing is posted anywhere.

    Example: vigilbot backtest export.zip --analysts @ann --report report.html
    """
    if report:
        expect_writable(report)
    chosen = settings(log_level="warning")
    from vigilbot.commands.backtest import Wanted, replay_history
    from vigilbot.evaluation.history import Selection
    from vigilbot.evaluation.report.page import write_page

    selection = Selection(
        path=history,
        analysts=words(analysts),
        first_author_asks=first_author_asks,
        channels=words(channels),
        since=since.date() if since else None,
        limit=limit,
    )
    with progress_bar("Reading") as progress:
        done = run_until_done(replay_history(chosen, Wanted(selection, learn, fresh), follower(progress)))
    if report:
        write_page(report, done)
    print_json(done.as_json()) if as_json else _tell(done, report)


def _tell(done: BacktestResult, report: Path | None) -> None:
    summary = done.summary
    say(
        f"{summary.sessions:,} sessions, {summary.turns:,} customer turns, {summary.asked:,} within scope: "
        f"{summary.answered:,} would have got a card ({summary.answered_share:.0%}), in "
        f"{summary.coverage:.0%} of the sessions."
    )
    say("Outcomes: " + ", ".join(f"{count:,} {outcome}" for outcome, count in summary.outcomes.items()) + ".")
    agreement = summary.agreement
    if agreement.judged:
        low, high = agreement.interval
        say(
            f"Of {agreement.judged:,} cards beside an analyst's answer, {agreement.agrees:,} say the same "
            f"({agreement.share:.0%}, 95 % interval {low:.0%} to {high:.0%}) and {agreement.related:,} come near it."
        )
    if summary.answer_ms_p50 is not None:
        say(f"Thinking: median {summary.answer_ms_p50:,.0f} ms, 95th percentile {summary.answer_ms_p95:,.0f} ms.")
    if summary.cost["calls"]:
        say(f"Models: {summary.cost['calls']:,} calls, {summary.cost['tokens']:,} tokens, ${summary.cost['usd']:,.2f}.")
    if done.skipped:
        say("Left out: " + ", ".join(f"{count:,} × {reason}" for reason, count in done.skipped.items()) + ".")
    resumed = f" ({done.resumed:,} sessions were played before it was stopped)" if done.resumed else ""
    say(f"{done.seconds:,.1f} s{resumed}." + (f" Report: {report}" if report else ""))
