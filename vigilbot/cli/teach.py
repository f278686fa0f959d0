"""Commands that teach the bot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vigilbot.cli.frame import AsJson, follower, print_json, progress_bar, run_until_done, say, settings


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: Markdown, HTML, text, JSONL corpora.")],
    audience: Annotated[str, typer.Option(help="Who may be answered from it: everyone, or channel:<id>.")] = "everyone",
    as_json: AsJson = False,
) -> None:
    """Read documents into the knowledge base. Doing it again changes only what has changed.

    Example: vigilbot ingest handbook/ faq.jsonl
    """
    from vigilbot.knowledge.commands import ingest_paths

    with progress_bar("Reading") as progress:
        report = run_until_done(ingest_paths(settings(), paths, audience, follower(progress)))
    if as_json:
        print_json(report.as_json())
    else:
        say(report.text())
