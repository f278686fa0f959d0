"""Puts the web side together: routes, guard, error lines, headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vigilbot.web import analysts, console, entries, figures, knowledge, page, probes, stream, tickets
from vigilbot.web.failures import as_json, as_page_or_json
from vigilbot.web.guard import Guard, add_safe_headers
from vigilbot.web.images import MOST_BYTES, MOST_IMAGES
from vigilbot.web.parts import PARTS, STATUS
from vigilbot.web.probes import HEALTH

if TYPE_CHECKING:
    from vigilbot.web.parts import Parts
    from vigilbot.web.probes import Health

MOST_BODY = MOST_IMAGES * MOST_BYTES * 4 // 3 + 256 * 1024
"""Bytes of a request: the images in base64, and a long text."""


def build(parts: Parts) -> web.Application:
    """The application that serves the console page, its API and the probes.

    The guard covers the pages, `/static/` and `/api/`; other routes added to the application look after themselves.
    """
    guard = Guard(parts.settings)
    app = web.Application(middlewares=[as_page_or_json, guard.middleware], client_max_size=MOST_BODY)
    app[PARTS] = parts
    app[STATUS] = parts.status
    app[HEALTH] = parts.health
    app.on_response_prepare.append(add_safe_headers)
    app.on_shutdown.append(stream.end_streams)
    app[stream.STREAMS] = set()
    for part in (page, probes, console, stream, knowledge, entries, figures, analysts, tickets):
        app.add_routes(part.routes)
    app.router.add_post("/api/login", guard.login)
    app.router.add_static("/static/", page.STATIC)
    return app


def build_probes(health: Health) -> web.Application:
    """Only the probes: what is served beside a chat platform. Its own endpoint is added by whoever knows it."""
    app = web.Application(middlewares=[as_json])
    app[HEALTH] = health
    app.add_routes(probes.routes)
    return app
