"""Commands that measure: replay closed dialogues, score thinking tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from vigilbot.cli.frame import AsJson, follower, progress_bar, run_until_done, settings, show


def backtest(
    file: Annotated[Path, typer.Argument(help="JSONL (.gz): {id, dialogue: [{role, author, text}]} a line.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Replay only the first so many dialogues.")] = None,
    as_json: AsJson = False,
) -> None:
    """Replay closed dialogues through the bot, in virtual time: what would it have done?

    Example: vigilbot backtest history.jsonl.gz
    """
    from vigilbot.evaluation.backtest import read_replay_cases
    from vigilbot.rehearse import rehearse

    cases = read_replay_cases(file)[:limit]
    with progress_bar("Replaying") as progress:
        report = run_until_done(rehearse(settings(), cases, follower(progress)))
    show(report, as_json)


def evaluate(
    task: Annotated[
        Literal["identify", "retrieve", "dedup", "extract", "duplicates"], typer.Argument(help="What to measure.")
    ],
    file: Annotated[Path, typer.Argument(help="The labelled cases: a JSONL (.gz) file, or a folder for retrieve.")],
    ablate: Annotated[bool, typer.Option(help="For retrieve: every path and step of the search side by side.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure a thinking task on labelled cases.

    Example: vigilbot eval identify cases.jsonl --json
    """
    from vigilbot.rehearse import measure

    with progress_bar("Measuring") as progress:
        figures = run_until_done(measure(settings(), task, file, follower(progress), ablate=ablate))
    show(figures, as_json)
