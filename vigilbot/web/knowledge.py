"""Routes that show what the bot knows and who thinks: search, one entry, status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vigilbot import __version__
from vigilbot.chat.console.platform import CHANNEL
from vigilbot.models import EVERYONE, Audience, Question
from vigilbot.web.parts import PARTS
from vigilbot.web.responses import json_response
from vigilbot.web.views import entry_fields, reference_fields, status_fields

if TYPE_CHECKING:
    from vigilbot.models import Entry

routes = web.RouteTableDef()

SHOWN = 20
LONGEST_QUERY = 2_000
AUDIENCES = frozenset({EVERYONE, Audience(f"channel:{CHANNEL}")})
"""What a console room may see; an entry of another audience does not exist here."""


@routes.get("/api/knowledge")
async def search(request: web.Request) -> web.Response:
    """`GET /api/knowledge?query=`: the passages nearest to a query, best first."""
    query = request.query.get("query", "").strip()
    if not query:
        raise web.HTTPBadRequest(text="'query' must not be empty")
    if len(query) > LONGEST_QUERY:
        raise web.HTTPRequestEntityTooLarge(
            max_size=LONGEST_QUERY, actual_size=len(query), text=f"'query' may have {LONGEST_QUERY:,} characters"
        )
    found = await request.app[PARTS].knowledge.search(Question(query), audiences=AUDIENCES, limit=SHOWN)
    return json_response({"query": query, "references": [reference_fields(reference) for reference in found]})


@routes.get("/api/entries/{entry}")
async def entry(request: web.Request) -> web.Response:
    """The passage behind a citation."""
    found: Entry = await request.app[PARTS].knowledge.get(request.match_info["entry"])
    if found.audience not in AUDIENCES:
        raise web.HTTPNotFound(text=f"no entry {found.id}")
    return json_response(entry_fields(found))


@routes.get("/api/status")
async def status(request: web.Request) -> web.Response:
    parts = request.app[PARTS]
    return json_response(status_fields(await parts.status(), parts.settings, __version__))
