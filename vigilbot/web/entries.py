"""Routes for whoever looks after the knowledge: entries of every audience and status, with all their versions.

Unlike `/api/knowledge` they show everything: whoever may use the console at all is trusted with all of it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast, get_args

from aiohttp import web

from vigilbot.knowledge.curation import curating
from vigilbot.knowledge.curation.describing import entry_fields, version_fields
from vigilbot.learning.approval import approve
from vigilbot.models import Audience, EntryKind, EntryStatus
from vigilbot.safety.redaction.redact import without_secrets
from vigilbot.storage import catalogue, provenance, sessions, uses
from vigilbot.storage.catalogue import Filter
from vigilbot.storage.doubts import doubts
from vigilbot.storage.entries import Change
from vigilbot.web.parts import PARTS
from vigilbot.web.requests import LONGEST_TEXT, author_field, fields_of, number_field, text_field
from vigilbot.web.responses import json_response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigilbot.models import Entry, Origin
    from vigilbot.storage.database import Database

routes = web.RouteTableDef()

MOST_LISTED = 200
LISTED = 50
LONGEST_FILTER = 500
LONGEST_WHY = 500
LONGEST_LINE = 2_000
"""Of a title or a question."""

UNUSED_DAYS = 90
SECONDS_A_DAY = 86_400.0
SOMEBODY = "console"
ACTIONS = {"retire": curating.retire, "approve": approve, "reject": curating.reject}
REASONS = {"retire": "retired", "approve": "approved", "reject": "rejected", "revert": "reverted", "edit": "edited"}


@routes.get("/api/entries")
async def list_entries(request: web.Request) -> web.Response:
    """`?words= kind= status= audience= source= session= url= person= limit= page=`, latest change first."""
    query = request.query
    limit, page = _count(request, "limit", LISTED, MOST_LISTED), _count(request, "page", 1, 1_000_000)
    text = {name: _text(request, name) for name in ("words", "source", "session", "url", "person")}
    wanted = Filter(
        **text,
        kind=cast("EntryKind | None", _one_of(request, "kind", get_args(EntryKind))),
        status=cast("EntryStatus | None", _one_of(request, "status", get_args(EntryStatus))),
        audience=Audience(query["audience"]) if query.get("audience") else None,
    )
    async with request.app[PARTS].db.aside() as db:
        found = await catalogue.listed(db, wanted, limit=limit, offset=(page - 1) * limit)
        waiting = await catalogue.listed(db, Filter(status="pending"), limit=0)
        used = await uses.of_entries(db, [entry.id for entry in found.entries])
        shown = [
            {**entry_fields(entry, used[entry.id]), "origins": await provenance.of_current(db, [entry.id])}
            for entry in found.entries
        ]
        titles = await _titles(db, (origin for entry in shown for origin in entry["origins"]))
    return json_response(
        {
            "total": found.total,
            "pending": waiting.total,
            "page": page,
            "pages": -(-found.total // limit),
            "entries": shown,
            "sessions": titles,
        }
    )


@routes.get("/api/review")
async def review(request: web.Request) -> web.Response:
    """`?unused_days= limit=`: entries that somebody should look at, and why."""
    parts = request.app[PARTS]
    days = _count(request, "unused_days", UNUSED_DAYS, 100_000)
    since = parts.clock.now() - days * SECONDS_A_DAY
    limit = _count(request, "limit", LISTED, MOST_LISTED)
    async with parts.db.aside() as db:
        return json_response(asdict(await doubts(db, since, limit)))


@routes.get("/api/entries/{entry}/history")
async def history(request: web.Request) -> web.Response:
    """One entry with uses, and every version with who, why and from where, newest first."""
    return json_response(await _whole(request))


@routes.post("/api/entries/{entry}/{action:retire|approve|reject}")
async def act(request: web.Request) -> web.Response:
    fields = await fields_of(request, {"author", "why", "version"})
    entry, action = await _seen(request, fields), request.match_info["action"]
    await ACTIONS[action](request.app[PARTS].knowledge, entry.id, _change(request, fields, action))
    return json_response(await _whole(request))


@routes.post("/api/entries/{entry}/revert")
async def revert(request: web.Request) -> web.Response:
    """`to` is the version to go back to; without it, the one before the current."""
    fields = await fields_of(request, {"author", "why", "version", "to"})
    entry = await _seen(request, fields)
    by = _change(request, fields, "revert")
    await curating.revert(request.app[PARTS].knowledge, entry.id, number_field(fields, "to"), by)
    return json_response(await _whole(request))


@routes.patch("/api/entries/{entry}")
async def edit(request: web.Request) -> web.Response:
    """`title`, `question`, `text`: what is left out stays; `approve` takes a pending entry into use as well."""
    fields = await fields_of(request, {"author", "why", "version", "title", "question", "text", "approve"})
    entry = await _seen(request, fields)
    await curating.edit(
        request.app[PARTS].knowledge,
        entry.id,
        _change(request, fields, "edit"),
        title=text_field(fields, "title", most=LONGEST_LINE, default=entry.title),
        question=text_field(fields, "question", most=LONGEST_LINE, default=entry.question),
        text=text_field(fields, "text", most=LONGEST_TEXT, default=entry.text),
        approve=fields.get("approve") is True,
    )
    return json_response(await _whole(request))


async def _whole(request: web.Request) -> dict[str, Any]:
    db, id_ = request.app[PARTS].db, request.match_info["entry"]
    entry = await request.app[PARTS].knowledge.get(id_)
    past = await request.app[PARTS].knowledge.history(id_)
    used = await uses.of_entries(db, [id_])
    return {
        "entry": entry_fields(entry, used[id_]),
        "versions": [version_fields(version) for version in past],
        "sessions": await _titles(db, (origin for version in past for origin in version.origins)),
    }


async def _titles(db: Database, origins: Iterable[Origin]) -> dict[str, str]:
    """The titles of the sessions that are still there, by id."""
    named = {origin.session_id for origin in origins if origin.session_id}
    return {id_: found.title for id_ in sorted(named) if (found := await sessions.find(db, id_))}


async def _seen(request: web.Request, fields: dict[str, object]) -> Entry:
    """The entry, unless it has changed since whoever asks has looked at it. Raises NotFound."""
    entry = await request.app[PARTS].knowledge.get(request.match_info["entry"])
    version = number_field(fields, "version")
    if version is not None and version != entry.version:
        raise web.HTTPConflict(text=f"this entry has changed meanwhile: it is at version {entry.version}; look again")
    return entry


def _change(request: web.Request, fields: dict[str, object], action: str) -> Change:
    who = author_field(fields, default=SOMEBODY) or SOMEBODY
    why = text_field(fields, "why", most=LONGEST_WHY, default="").strip() or f"{REASONS[action]} in the console"
    return Change(who, without_secrets(why), request.app[PARTS].clock.now())


def _text(request: web.Request, name: str) -> str:
    value = request.query.get(name, "").strip()
    if len(value) > LONGEST_FILTER:
        raise web.HTTPBadRequest(text=f"{name!r} may have {LONGEST_FILTER} characters")
    return value


def _one_of(request: web.Request, name: str, allowed: tuple[str, ...]) -> str | None:
    value = request.query.get(name) or None
    if value is not None and value not in allowed:
        raise web.HTTPBadRequest(text=f"{name!r} must be {' or '.join(allowed)}")
    return value


def _count(request: web.Request, name: str, default: int, most: int) -> int:
    value = request.query.get(name) or str(default)
    if not value.isascii() or not value.isdecimal() or len(value) > 9 or not 1 <= int(value) <= most:
        raise web.HTTPBadRequest(text=f"{name!r} must be a whole number from 1 to {most:,}")
    return int(value)
