"""Server-sent events: whole views, sent again whenever they have changed; a ping when nothing happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from vigilbot.web.parts import PARTS
from vigilbot.web.views import session_view, sessions_view

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

routes = web.RouteTableDef()

STREAMS = web.AppKey("streams", set[asyncio.Future[None]])
"""The open streams, so that shutting down does not wait for them."""

HEARTBEAT_SECONDS = 15.0
TICK_SECONDS = 0.5
"""How often a view is looked at again while a line in it changes by the mere passing of time."""

Renders = dict[str, Callable[[], Awaitable[object]]]
"""What each kind of event shows."""


@routes.get("/api/sessions/{session}/events")
async def of_session(request: web.Request) -> web.StreamResponse:
    """The session's whole view at once and at each change, as default events."""
    parts = request.app[PARTS]
    session_id = request.match_info["session"]
    await session_view(parts, session_id)  # a missing session is a plain 404, not a stream
    return await _stream(request, session_id, {"message": lambda: session_view(parts, session_id)})


@routes.get("/api/events")
async def of_page(request: web.Request) -> web.StreamResponse:
    """What the page shows: `sessions` events, and with `?session=` the `session` events of one."""
    parts = request.app[PARTS]
    renders: Renders = {"sessions": lambda: sessions_view(parts)}
    if session_id := request.query.get("session"):
        await session_view(parts, session_id)
        renders["session"] = lambda: session_view(parts, session_id)
    return await _stream(request, None, renders)


async def end_streams(app: web.Application) -> None:
    """Signal handler for shutdown: streams never end by themselves."""
    streams = app[STREAMS]
    for sending in list(streams):
        sending.cancel()


async def _stream(request: web.Request, watched: str | None, renders: Renders) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    sending = asyncio.ensure_future(_send_for_ever(request, response, watched, renders))
    request.app[STREAMS].add(sending)
    try:
        await asyncio.wait({sending})
    finally:
        sending.cancel()
        request.app[STREAMS].discard(sending)
    if not sending.cancelled() and not isinstance(sending.exception(), ConnectionError):
        sending.result()
    return response


async def _send_for_ever(
    request: web.Request, response: web.StreamResponse, watched: str | None, renders: Renders
) -> None:
    sent: dict[str, bytes] = {}
    with request.app[PARTS].feed.subscribe(watched) as changes:
        change = asyncio.ensure_future(_next(changes))
        try:
            while True:
                passing = await _send_changed(response, renders, sent)
                await asyncio.wait({change}, timeout=TICK_SECONDS if passing else HEARTBEAT_SECONDS)
                if change.done():
                    change = asyncio.ensure_future(_next(changes))
                elif not passing:
                    await response.write(b"event: ping\ndata: {}\n\n")
        finally:
            change.cancel()


async def _next(changes: AsyncIterator[None]) -> None:
    await anext(changes)


async def _send_changed(response: web.StreamResponse, renders: Renders, sent: dict[str, bytes]) -> bool:
    """Send every view that differs from what was sent last; True when one will change by itself."""
    for kind, render in renders.items():
        data = orjson.dumps(await render())
        if sent.get(kind) != data:
            sent[kind] = data
            await response.write(b"event: %b\ndata: %b\n\n" % (kind.encode(), data))
    return any(b'"kind":"listening"' in data for data in sent.values())
