"""The route behind the page of figures."""

from __future__ import annotations

import math

from aiohttp import web

from vigilbot.flywheel.stats.figures import MINUTES_SAVED
from vigilbot.flywheel.stats.reading import DAY, read
from vigilbot.flywheel.stats.rendering import as_json
from vigilbot.web.parts import PARTS
from vigilbot.web.responses import json_response

routes = web.RouteTableDef()

MOST_DAYS = 36_500
MOST_MINUTES = 1_000.0


@routes.get("/api/stats")
async def stats(request: web.Request) -> web.Response:
    """`?days= minutes=`: of the last so many days, or of all; hours saved by so many minutes an answer."""
    parts = request.app[PARTS]
    days, minutes = _days(request), _minutes(request)
    now = parts.clock.now()
    found = await read(parts.db, now, now - days * DAY if days else 0.0)
    return json_response(as_json(found, minutes, parts.knowledge.tuned.problems))


def _days(request: web.Request) -> int:
    value = request.query.get("days") or "0"
    if not value.isascii() or not value.isdecimal() or len(value) > 9 or int(value) > MOST_DAYS:
        raise web.HTTPBadRequest(text=f"'days' must be a whole number up to {MOST_DAYS:,}")
    return int(value)


def _minutes(request: web.Request) -> float:
    try:
        minutes = float(request.query.get("minutes") or MINUTES_SAVED)
    except ValueError:
        minutes = math.nan
    if not 0 <= minutes <= MOST_MINUTES:
        raise web.HTTPBadRequest(text=f"'minutes' must be a number from 0 to {MOST_MINUTES:,.0f}")
    return minutes
