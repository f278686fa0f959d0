"""An assembled app with open doors: web side, chat platform, recovery, and what runs beside them."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from aiohttp import web

from vigilbot.app.choices import check_models
from vigilbot.app.health import Health
from vigilbot.chat.console.platform import ConsolePlatform
from vigilbot.errors import ConfigError
from vigilbot.knowledge.ingest.ingesting import ingest_builtin_docs
from vigilbot.storage.write_ahead import keep_short
from vigilbot.web import application
from vigilbot.web.parts import Parts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from typing import Any

    from vigilbot.app.assembly import App


@runtime_checkable
class TakesRequests(Protocol):
    """A chat platform that is called over HTTP."""

    async def handle_http(self, request: web.Request) -> web.Response:
        """Answer one signed request."""


class Serving(NamedTuple):
    """An app with open doors. `warming` ends when it is ready, and raises VigilError when it never will be."""

    address: str
    warming: asyncio.Task[None]


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[Serving]:
    """Open the doors of an assembled app: web side, chat platform, recovery.

    The page comes first; models and index are warmed behind it, and turns wait until they are.
    """
    async with AsyncExitStack() as stack:

        def beside(work: Coroutine[Any, Any, None], name: str) -> None:
            stack.callback(app.tasks.spawn(work, name=name).cancel)

        health = Health(app)
        address = await stack.enter_async_context(_web_side(app, health))
        beside(health.watch(), "health")
        beside(keep_short(app.db.path), "write-ahead log")
        warming = asyncio.create_task(_warm(app), name="warming")
        stack.callback(warming.cancel)
        beside(_keep_up(app, warming), "upkeep")
        await asyncio.sleep(0)  # from here on the app is not ready until it is warm
        await app.intake.resume()
        await app.platform.start(app.intake.receive)
        stack.push_async_callback(app.platform.stop)
        await app.intake.deliver()
        beside(app.intake.close_idle_sessions(app.settings.idle_close * 3600), "idleness")
        if app.learner:
            beside(app.learner.sweep(), "learning")
        if app.tickets:
            beside(app.tickets.run(), "triage")
        yield Serving(address, warming)


async def _warm(app: App) -> None:
    async with app.readiness.while_loading("opening the knowledge base"):
        await check_models(app.settings)  # first: a mistake in them is not told after minutes of embedding
        await app.follower.start()
        await app.knowledge.open(embed_later=True)
        await ingest_builtin_docs(app.knowledge)
    app.feed.publish_all()
    await app.reasoner.warm()
    if app.second:
        await app.second.reasoner.warm()


async def _keep_up(app: App, warming: asyncio.Task[None]) -> None:
    """Once warm: keep the index in line with other processes' writes and with the configured embedding model."""
    await asyncio.wait({warming})
    if not warming.cancelled() and not warming.exception():
        async with asyncio.TaskGroup() as group:
            group.create_task(app.follower.run(), name="following")
            group.create_task(app.reembedding.run(), name="re-embedding")


def _web_application(app: App, health: Health) -> web.Application:
    if isinstance(app.platform, ConsolePlatform):
        parts = Parts(
            settings=app.settings,
            db=app.db,
            feed=app.feed,
            clock=app.clock,
            console=app.platform,
            knowledge=app.knowledge,
            status=app.status,
            health=health,
            categories=app.ticketing.triage.categories.names if app.ticketing else (),
        )
        return application.build(parts)
    probes = application.build_probes(health)
    if isinstance(app.platform, TakesRequests):
        probes.router.add_post("/slack/events", app.platform.handle_http)
    return probes


@asynccontextmanager
async def _web_side(app: App, health: Health) -> AsyncIterator[str]:
    host, port = app.settings.host, app.settings.port
    runner = web.AppRunner(_web_application(app, health), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise _cannot_listen(host, port, error) from None
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def _cannot_listen(host: str, port: int, error: OSError) -> ConfigError:
    """Which of the two settings is at fault, and what to do about it."""
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return ConfigError(f"VIGIL_HOST={host}: not an address of this machine; 127.0.0.1 and 0.0.0.0 always are")
    why = os.strerror(error.errno or 0)
    low = error.errno == errno.EACCES
    fix = "choose a port from 1024 on" if low else "stop the other program or choose another port"
    return ConfigError(f"VIGIL_PORT={port}: cannot listen on {host} ({why}); {fix}")
