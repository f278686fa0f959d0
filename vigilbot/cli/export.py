"""`vigilbot export`: files for those who tune models elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vigilbot.cli.frame import AsJson, print_json, run_until_done, say, settings

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Awaitable, Callable

    from vigilbot.flywheel.exports.writing import Kind, Row, Wanted
    from vigilbot.storage.database import Database

    Rows = Callable[[Database, Wanted], Awaitable[tuple[list[Row], Counter[str]]]]

commands = typer.Typer(
    name="export",
    help="""Write what people said as JSONL, to tune language models.

    Redacted, and split by session.

    Example: vigilbot export answers --to tuning/answers
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
)

To = Annotated[Path, typer.Option(help="An empty folder, or one of an earlier export, which is replaced.")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what was said from this day on.")]
For = Annotated[
    str | None, typer.Option("--audience", help="Only what rests on this audience's knowledge: everyone, channel:<id>.")
]


@commands.command()
def preferences(
    to: To = Path("export/preferences"), since: Since = None, audience: For = None, as_json: AsJson = False
) -> None:
    """Which of two answers analysts found better.

    Rows of prompt, chosen and rejected.

    Example: vigilbot export preferences --since 2026-01-01
    """
    from vigilbot.flywheel.exports import preferences as kind

    written(kind.KIND, kind.rows, to, since, audience, as_json)


@commands.command()
def answers(
    to: To = Path("export/answers"), since: Since = None, audience: For = None, as_json: AsJson = False
) -> None:
    """Answers that were used, edited or accepted, as chat messages.

    Example: vigilbot export answers --audience channel:C024BE91L
    """
    from vigilbot.flywheel.exports import answers as kind

    written(kind.KIND, kind.rows, to, since, audience, as_json)


@commands.command()
def relevance(
    to: To = Path("export/relevance"), since: Since = None, audience: For = None, as_json: AsJson = False
) -> None:
    """How each passage served its question: query, passage, label.

    Example: vigilbot export relevance --to tuning/relevance --json
    """
    from vigilbot.flywheel.exports import relevance as kind

    written(kind.KIND, kind.rows, to, since, audience, as_json)


@commands.command()
def triage(to: To = Path("export/triage"), since: Since = None, as_json: AsJson = False) -> None:
    """Alerts that were liked, disliked or opened, as chat messages.

    Each with the verdict it should have had. For an alert that was disliked, the model writes
    the reasoning anew, three times.

    Example: vigilbot export triage --since 2026-01-01
    """
    from vigilbot.flywheel.exports import triage as kind
    from vigilbot.flywheel.exports.arguing import rows_of

    written(kind.KIND, partial(rows_of, settings()), to, since, None, as_json)


def written(kind: Kind, rows: Rows, to: Path, since: datetime | None, audience: str | None, as_json: bool) -> None:
    """Read the rows, write the folder, say what is in it."""
    from vigilbot.flywheel.exports.writing import Manifest, Wanted, write
    from vigilbot.knowledge.standalone import reading
    from vigilbot.models import Audience
    from vigilbot.runtime.clock import WallClock

    wanted = Wanted(since.timestamp() if since else 0.0, Audience(audience) if audience else None)

    async def work() -> Manifest:
        async with reading(settings()) as db:
            found, left_out = await rows(db, wanted)
        return write(kind, found, to, wanted, WallClock().now(), left_out)

    manifest = run_until_done(work())
    if as_json:
        print_json(asdict(manifest))
    else:
        say(manifest.text())
        say(f"written to {to}")
