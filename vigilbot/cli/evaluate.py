"""`vigilbot eval`: score thinking tasks on labelled cases, keep the run, compare it with a former one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from vigilbot.cli.frame import (
    AsJson,
    expect_writable,
    follower,
    out,
    print_json,
    progress_bar,
    run_until_done,
    say,
    settings,
)
from vigilbot.evaluation.runs import Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.evaluation.comparing import Comparison
    from vigilbot.evaluation.runs import Run


def evaluate(
    task: Annotated[Task, typer.Argument(help="What to measure.")],
    file: Annotated[
        Path | None,
        typer.Argument(
            help="The labelled cases: a JSONL (.gz) file; a folder for retrieve and selective; nothing for golden."
        ),
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep this run, every case's score included, in a file.")] = None,
    compare: Annotated[
        Path | None, typer.Option(help="A run kept before: tell better, worse or no difference, with 95 % intervals.")
    ] = None,
    ablate: Annotated[bool, typer.Option(help="For retrieve: every path and step of the search side by side.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure a thinking task on labelled cases.

    With --save now and --compare later it tells whether a change has made it better.

    Example: vigilbot eval identify cases.jsonl --save before.json
    """
    if save:
        expect_writable(save)
    chosen = settings()
    from vigilbot.commands.evaluate import measure
    from vigilbot.evaluation import comparing
    from vigilbot.evaluation.runs import Run

    before = Run.read(compare) if compare else None
    with progress_bar("Measuring") as progress:
        run = run_until_done(measure(chosen, task, file, follower(progress), ablate=ablate))
    if save:
        run.save(save)
    _show(run, comparing.compare(before, run) if before else None, as_json)


def _show(run: Run, compared: Comparison | None, as_json: bool) -> None:
    if as_json:
        print_json(run.figures | ({"compared": compared.as_json()} if compared else {}))
        return
    figures = {name: figure for name, figure in run.figures.items() if name != "paths"}
    out.print_json(data=figures)
    if paths := run.figures.get("paths"):
        from vigilbot.evaluation.ablation import side_by_side

        for line in side_by_side(cast("Mapping[str, Mapping[str, float]]", paths)):
            say(line)
    if compared:
        say(f"\nCompared on {compared.cases:,} cases, difference with its 95 % interval:")
        for line in compared.lines():
            say(line)
