"""Routes of the console API about sessions: open, read, say, edit, delete, accept, close, mute.

A write answers when its event is stored and its effect can be read, so that a script may read what it has written.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

from aiohttp import web

from vigilbot.storage import cards, sessions
from vigilbot.web import images
from vigilbot.web.parts import PARTS
from vigilbot.web.requests import LONGEST_TEXT, author_field, fields_of, role_field, room_of, text_field
from vigilbot.web.responses import json_response
from vigilbot.web.views import card_fields, session_view, sessions_view

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from vigilbot.chat.base import Command
    from vigilbot.models import Message
    from vigilbot.web.parts import Parts

routes = web.RouteTableDef()

EFFECT_SECONDS = 5.0
LONGEST_TITLE = 200
SOMEBODY = "console"
"""Who gives a command when a script does not say."""


@asynccontextmanager
async def _watching(parts: Parts) -> AsyncIterator[Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]]:
    """Within the block, `await until(seen)` returns once `seen()` is true; after some seconds it returns anyway."""
    with parts.feed.subscribe(None) as changes:

        async def until(seen: Callable[[], Awaitable[bool]]) -> None:
            try:
                async with asyncio.timeout(EFFECT_SECONDS):
                    while not await seen():
                        await anext(changes)
            except TimeoutError:
                return  # the event is stored and will take effect: nothing to report as failed

        yield until


@routes.get("/api/sessions")
async def list_sessions(request: web.Request) -> web.Response:
    return json_response({"sessions": await sessions_view(request.app[PARTS])})


@routes.post("/api/sessions")
async def open_session(request: web.Request) -> web.Response:
    parts = request.app[PARTS]
    title = text_field(await fields_of(request, {"title"}), "title", most=LONGEST_TITLE, default="")
    async with _watching(parts) as until:
        session_id = await parts.console.open(title.strip())

        async def exists() -> bool:
            return await sessions.find(parts.db, session_id) is not None

        await until(exists)
    return json_response({"id": session_id}, status=201)


@routes.get("/api/sessions/{session}")
async def read_session(request: web.Request) -> web.Response:
    return json_response(await session_view(request.app[PARTS], request.match_info["session"]))


@routes.post("/api/sessions/{session}/messages")
async def say(request: web.Request) -> web.Response:
    parts = request.app[PARTS]
    fields = await fields_of(request, {"author", "role", "text", "images"})
    author, role = author_field(fields), role_field(fields)
    has_images = bool(fields.get("images"))
    text = text_field(fields, "text", most=LONGEST_TEXT, default="" if has_images else None)
    session = await room_of(request, writable=True)
    pictures = await images.store(fields.get("images"), parts.settings.data_dir)
    async with _watching(parts) as until:
        message_id = await parts.console.say(session, author, role, text, pictures)

        async def said() -> bool:
            return message_id is None or await sessions.has_message(parts.db, session.id, message_id)

        await until(said)
    return json_response({"id": message_id}, status=201)


@routes.patch("/api/sessions/{session}/messages/{message}")
async def edit(request: web.Request) -> web.Response:
    parts = request.app[PARTS]
    text = text_field(await fields_of(request, {"text"}), "text", most=LONGEST_TEXT)
    session = await room_of(request, writable=True)
    message = await _message(request)

    async def edited() -> bool:
        return (await _message(request)).text == text

    async with _watching(parts) as until:
        await parts.console.edit(session, message.id, text)
        await until(edited)
    return json_response({"id": message.id})


@routes.delete("/api/sessions/{session}/messages/{message}")
async def delete(request: web.Request) -> web.Response:
    parts = request.app[PARTS]
    session = await room_of(request, writable=True)
    message = await _message(request)

    async def deleted() -> bool:
        return (await _message(request)).deleted

    async with _watching(parts) as until:
        await parts.console.delete(session, message.id)
        await until(deleted)
    return json_response({"id": message.id})


@routes.post("/api/sessions/{session}/{command:close|mute|unmute}")
async def command(request: web.Request) -> web.Response:
    parts = request.app[PARTS]
    fields = await fields_of(request, {"author", "role"})
    author, role = author_field(fields, default=SOMEBODY), role_field(fields, default="analyst")
    word = cast("Command", request.match_info["command"])
    session = await room_of(request, writable=word != "close")

    async def done() -> bool:
        now = await sessions.get(parts.db, session.id)
        return now.state == "closed" if word == "close" else now.muted == (word == "mute")

    async with _watching(parts) as until:
        await parts.console.command(session, word, author, role)
        await until(done)
    return json_response({"id": session.id})


@routes.post("/api/cards/{card}/accept")
async def accept(request: web.Request) -> web.Response:
    parts = request.app[PARTS]
    fields = await fields_of(request, {"author", "role"})
    author, role = author_field(fields), role_field(fields, default="customer")
    card = await cards.get(parts.db, request.match_info["card"])
    session = await sessions.get(parts.db, card.session_id)
    if role != "analyst" and not await sessions.has_written(parts.db, session.id, author):
        raise web.HTTPForbidden(text="only somebody who wrote in this session, or an analyst, can accept its cards")

    async def accepted() -> bool:
        return (await cards.get(parts.db, card.id)).state == "accepted"

    async with _watching(parts) as until:
        await parts.console.accept(session, card.id, author, role)
        await until(accepted)
    return json_response(card_fields(await cards.get(parts.db, card.id)))


@routes.get("/api/images/{name}")
async def image(request: web.Request) -> web.FileResponse:
    return images.serve(request.match_info["name"], request.app[PARTS].settings.data_dir)


def _message(request: web.Request) -> Awaitable[Message]:
    """The message the path names. Raises NotFound."""
    path = request.match_info
    return sessions.message(request.app[PARTS].db, path["session"], path["message"])
