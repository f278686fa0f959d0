"""Commands that teach the bot."""

from __future__ import annotations

from typing import Annotated

import typer

from vigilbot.cli.frame import AsJson, follower, print_json, progress_bar, run_until_done, say, settings


def ingest(
    places: Annotated[
        list[str],
        typer.Argument(help="Files, folders or URLs: Markdown, HTML, PDF, Word (.docx), text, JSONL corpora."),
    ],
    audience: Annotated[str, typer.Option(help="Who may be answered from it: everyone, or channel:<id>.")] = "everyone",
    prune: Annotated[
        bool, typer.Option("--prune", help="Retire what was read from files that are gone from the named folders.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read documents into the knowledge base.

    Also while the bot runs. Doing it again changes only what has changed.

    Example: vigilbot ingest handbook/ faq.jsonl
    """
    chosen = settings()
    from vigilbot.knowledge.commands import ingest_places

    with progress_bar("Reading") as progress:
        report = run_until_done(ingest_places(chosen, places, audience, follower(progress), pruning=prune))
    if as_json:
        print_json(report.as_json())
    else:
        say(report.text())
