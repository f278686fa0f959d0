"""Reading what a client sent: bodies and fields, each fault named in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import orjson
from aiohttp import web

from vigilbot.chat.console.platform import NAME
from vigilbot.storage import sessions
from vigilbot.web.parts import PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.models import Role, Session

LONGEST_TEXT = 40_000
LONGEST_NAME = 80
PEOPLE = ("customer", "analyst")


async def fields_of(request: web.Request, known: set[str]) -> dict[str, object]:
    """The JSON object a request carries; an absent body is an empty one. Refuses unknown fields."""
    raw = await request.read()
    if not raw:
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise web.HTTPBadRequest(text=f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="the body must be a JSON object")
    if unknown := sorted(set(body) - known):
        raise web.HTTPBadRequest(text=f"unknown field {unknown[0][:60]!r}; known are {', '.join(sorted(known))}")
    return body


def text_field(fields: Mapping[str, object], name: str, *, most: int, default: str | None = None) -> str:
    """A string field of at most `most` characters; without a default it must be there and not blank."""
    value = fields.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise web.HTTPBadRequest(text=f"{name!r} must be a string")
    if len(value) > most:
        raise web.HTTPRequestEntityTooLarge(
            max_size=most, actual_size=len(value), text=f"{name!r} has {len(value):,} characters; at most {most:,} fit"
        )
    if default is None and not value.strip():
        raise web.HTTPBadRequest(text=f"{name!r} must not be empty")
    return value


def number_field(fields: Mapping[str, object], name: str) -> int | None:
    """A whole number from 1 that SQLite can hold; None when it is not there."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**63:
        raise web.HTTPBadRequest(text=f"{name!r} must be a whole number from 1")
    return value


def role_field(fields: Mapping[str, object], default: Role | None = None) -> Role:
    value = fields.get("role", default)
    if value not in PEOPLE:
        raise web.HTTPBadRequest(text="'role' must be customer or analyst")
    return cast("Role", value)


def author_field(fields: Mapping[str, object], default: str | None = None) -> str:
    return text_field(fields, "author", most=LONGEST_NAME, default=default).strip()


async def room_of(request: web.Request, *, writable: bool = False) -> Session:
    """The session the path names. Raises NotFound; with `writable`, refuses what cannot be written in."""
    session = await sessions.get(request.app[PARTS].db, request.match_info["session"])
    if writable and session.platform != NAME:
        raise web.HTTPConflict(text=f"this session lives in {session.platform}; write there")
    if writable and session.state == "closed":
        raise web.HTTPConflict(text="this session is closed; open a new one")
    return session
