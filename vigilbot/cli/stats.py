"""`vigilbot stats`: is it worth it, and does it get better?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from vigilbot.cli.frame import AsJson, print_json, run_until_done, say, settings


def stats(
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only from this day on.")] = None,
    minutes: Annotated[float, typer.Option(min=0, help="Of an analyst's time that an answer used saves.")] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Tell what the bot has done, and whether it gets better.

    With what people made of it: answers used, accepted and liked, and the time that saved.

    Example: vigilbot stats --since 2026-01-01 --minutes 6
    """
    from vigilbot.flywheel.stats.reading import read
    from vigilbot.flywheel.stats.rendering import as_json as fields_of
    from vigilbot.flywheel.stats.rendering import text
    from vigilbot.knowledge.standalone import reading
    from vigilbot.runtime.clock import WallClock

    async def work() -> None:
        async with reading(settings()) as db:
            found = await read(db, WallClock().now(), since.timestamp() if since else 0.0)
        print_json(fields_of(found, minutes)) if as_json else say(text(found, minutes))

    run_until_done(work())
