"""Routes of the board of tickets: by state, one with all there is to it, and what people say about its alerts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast, get_args

from aiohttp import web

from vigilbot.chat.console.platform import NAME
from vigilbot.models import AlertAnswerKind
from vigilbot.storage import alerts, sessions, tickets
from vigilbot.web.parts import PARTS
from vigilbot.web.requests import author_field, fields_of, text_field
from vigilbot.web.responses import json_response
from vigilbot.web.views import session_fields

if TYPE_CHECKING:
    from vigilbot.chat.base import TicketRequest
    from vigilbot.models import Alert, Session, Ticket
    from vigilbot.storage.database import Database

routes = web.RouteTableDef()

SOMEBODY = "console"
LONGEST_NOTE = 2_000


@routes.get("/api/tickets")
async def board(request: web.Request) -> web.Response:
    """The latest tickets, the last change first, and the categories somebody who disagrees may choose from."""
    parts = request.app[PARTS]
    rows = [await _row(parts.db, ticket) for ticket in await tickets.recent(parts.db)]
    return json_response({"tickets": rows, "categories": parts.categories})


@routes.get("/api/tickets/{session}")
async def ticket(request: web.Request) -> web.Response:
    return json_response(await _whole(request))


@routes.post("/api/tickets/{session}/{request:split|tell}")
async def ask(request: web.Request) -> web.Response:
    """`split`: this ticket is another problem. `tell`: tell the threads linked to it that it is over."""
    author = author_field(await fields_of(request, {"author"}), default=SOMEBODY) or SOMEBODY
    wanted = cast("TicketRequest", request.match_info["request"])
    await request.app[PARTS].console.ask_of_ticket(await _room(request), wanted, author)
    return json_response({}, status=202)


@routes.post("/api/alerts/{alert}/{kind:like|dislike|opened}")
async def answer(request: web.Request) -> web.Response:
    """`{author, category?, note?}`: what somebody thinks of an alert, or that they opened its thread."""
    parts = request.app[PARTS]
    fields = await fields_of(request, {"author", "category", "note"})
    author = author_field(fields, default=SOMEBODY) or SOMEBODY
    category = text_field(fields, "category", most=60, default="") or None
    if category and category not in parts.categories:
        raise web.HTTPBadRequest(text=f"'category' must be one of {', '.join(parts.categories)}")
    alert = await alerts.get(parts.db, request.match_info["alert"])
    session = await sessions.get(parts.db, alert.session_id)
    kind = cast("AlertAnswerKind", request.match_info["kind"])
    note = text_field(fields, "note", most=LONGEST_NOTE, default="")
    await parts.console.answer_alert(session, alert.id, kind, author, category, note)
    return json_response({}, status=202)


async def _room(request: web.Request) -> Session:
    """The ticket's session. Raises NotFound."""
    parts = request.app[PARTS]
    found = await tickets.get(parts.db, request.match_info["session"])
    session = await sessions.get(parts.db, found.session_id)
    if session.platform != NAME:
        raise web.HTTPConflict(text=f"this ticket lives in {session.platform}; act there")
    return session


async def _row(db: Database, ticket: Ticket) -> dict[str, Any]:
    session = await sessions.get(db, ticket.session_id)
    linked = await tickets.linked_to(db, ticket.session_id)
    return {
        **asdict(ticket),
        "title": session.title,
        "customers": await tickets.customers(db, ticket.session_id),
        "linked": len(linked),
    }


async def _whole(request: web.Request) -> dict[str, Any]:
    parts = request.app[PARTS]
    db = parts.db
    found = await tickets.get(db, request.match_info["session"])
    linked = [await _row(db, one) for one in await tickets.linked_to(db, found.session_id)]
    first = await tickets.find(db, found.first_id) if found.first_id else None
    return {
        "ticket": await _row(db, found),
        "session": session_fields(await sessions.get(db, found.session_id)),
        "first": await _row(db, first) if first else None,
        "linked": linked,
        "transitions": [asdict(step) for step in await tickets.transitions(db, found.session_id)],
        "alerts": [await _told(db, alert) for alert in await alerts.of_ticket(db, found.session_id)],
        "categories": parts.categories,
    }


async def _told(db: Database, alert: Alert) -> dict[str, Any]:
    said = await alerts.counted(db, alert.id)
    return {**asdict(alert), "answers": {kind: said[kind] for kind in get_args(AlertAnswerKind)}}
