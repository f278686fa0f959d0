"""The commands, and nothing else: each reads its words, calls the part that does the work, prints what came."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vigilbot import __version__, config, logs
from vigilbot.errors import VigilError

if TYPE_CHECKING:
    from collections.abc import Coroutine

commands = typer.Typer(
    name="vigilbot",
    help="The support bot that helps without being asked.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
out = Console()
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def main() -> None:
    """Run a command; what an admin can mend ends in one line and exit code 1, never in a traceback."""
    config.set_vendor_defaults()
    try:
        commands()
    except VigilError as error:
        err.print(f"vigilbot: {error}", style="bold red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _settings(**overrides: Any) -> config.Settings:
    settings = config.load(**overrides)
    config.export_provider_keys()
    logs.configure(settings.log_level)
    return settings


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _progress(label: str) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=err, transient=True)
    progress.add_task(label, total=None)
    return progress


@commands.command()
def run() -> None:
    """Start the bot: Slack when its tokens are set, otherwise the console page.

    Example: VIGIL_SCOPE="Acme cloud: its products and errors" vigilbot run
    """
    from vigilbot.serve import serve

    _run(serve(_settings(), out))


@commands.command()
def doctor(as_json: AsJson = False) -> None:
    """Check data folder, models, index, tokens, scopes and groups, and print one fix per fault.

    Example: vigilbot doctor
    """
    from vigilbot.doctor import examine, report

    findings = _run(examine(_settings()))
    if as_json:
        _print_json([finding.as_json() for finding in findings])
    else:
        out.print(report(findings), markup=False, highlight=False, soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@commands.command()
def manifest(
    request_url: Annotated[
        str | None, typer.Option(help="Public address of /slack/events: HTTP mode instead of Socket Mode.")
    ] = None,
) -> None:
    """Print the Slack app manifest, with the least scopes that serve.

    Example: vigilbot manifest > manifest.json
    """
    from vigilbot.chat.slack.manifest import manifest as slack_manifest

    _print_json(slack_manifest(request_url))


@commands.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: Markdown, HTML, text, JSONL corpora.")],
    audience: Annotated[str, typer.Option(help="Who may be answered from it: everyone, or channel:<id>.")] = "everyone",
    as_json: AsJson = False,
) -> None:
    """Read documents into the knowledge base. Doing it again changes only what has changed.

    Example: vigilbot ingest handbook/ faq.jsonl
    """
    from vigilbot.knowledge.commands import ingest_paths

    with _progress("Reading") as progress:
        report = _run(ingest_paths(_settings(), paths, audience, _follower(progress)))
    if as_json:
        _print_json(report.as_json())
    else:
        out.print(report.text(), markup=False, highlight=False, soft_wrap=True)


def _follower(progress: Progress) -> Any:
    [task] = progress.task_ids

    def follow(done: int, total: int, label: str) -> None:
        progress.update(task, completed=done, total=total, description=label)

    return follow


@commands.command()
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

    settings = _settings()
    cases = read_replay_cases(file)[:limit]
    with _progress("Replaying") as progress:
        report = _run(rehearse(settings, cases, _follower(progress)))
    _print_json(report) if as_json else out.print_json(data=report)


@commands.command(name="eval")
def evaluate(
    task: Annotated[Literal["identify", "retrieve", "dedup"], typer.Argument(help="What to measure.")],
    file: Annotated[Path, typer.Argument(help="The labelled cases: a JSONL (.gz) file, or a folder for retrieve.")],
    as_json: AsJson = False,
) -> None:
    """Measure a thinking task on labelled cases.

    Example: vigilbot eval identify cases.jsonl --json
    """
    from vigilbot.rehearse import measure

    with _progress("Measuring") as progress:
        figures = _run(measure(_settings(), task, file, _follower(progress)))
    _print_json(figures) if as_json else out.print_json(data=figures)


@commands.command()
def version() -> None:
    """Print the version.

    Example: vigilbot version
    """
    out.print(__version__, highlight=False)
