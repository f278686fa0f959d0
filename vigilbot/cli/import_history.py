"""Start with history: old dialogues teach the bot before its first day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from vigilbot.cli.frame import AsJson, err, follower, print_json, progress_bar, run_until_done, say, settings, words


def import_history(
    export: Annotated[
        Path,
        typer.Argument(help="A Slack export (zip or folder), or JSONL (.gz): {id, dialogue: [{role, author, text}]}."),
    ],
    analysts: Annotated[
        str, typer.Option(help="Who answered: user ids, names or @names, comma-separated; unset: VIGIL_ANALYSTS.")
    ] = "",
    first_author_asks: Annotated[
        bool,
        typer.Option(
            "--first-author-asks",
            help="Whoever began a thread is its customer; everybody else but bots and guests is an analyst.",
        ),
    ] = False,
    channels: Annotated[
        str, typer.Option(help="Only these channels: ids or names, comma-separated; unset: VIGIL_CHANNELS, or all.")
    ] = "",
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only threads that began on this day or later (UTC).")
    ] = None,
    workspace: Annotated[
        str, typer.Option(help="Address of the Slack workspace (acme.slack.com): learnt answers then link to threads.")
    ] = "",
    links: Annotated[bool, typer.Option(help="Read the pages that analysts linked to as well.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be learnt.")] = False,
    as_json: AsJson = False,
) -> None:
    """Learn from old support dialogues.

    As if each had just been closed. Doing it again adds nothing.

    Example: vigilbot import export.zip --analysts @ann --dry-run
    """
    chosen = settings(log_level="warning")
    from vigilbot.commands.import_history import Wanted, learn_from_history

    wanted = Wanted(
        path=export,
        analysts=words(analysts),
        first_author_asks=first_author_asks,
        channels=words(channels),
        since=since.date() if since else None,
        workspace=workspace.strip(),
        links=links,
        dry_run=dry_run,
    )
    with progress_bar("Reading") as progress:
        report = run_until_done(learn_from_history(chosen, wanted, follower(progress)))
    if as_json:
        print_json(report.as_json())
    else:
        say(report.text())
    if report.stopped:
        err.print(f"vigilbot: {report.stopped}", style="bold red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)
