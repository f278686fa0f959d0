"""The composition root: builds every part, and owns the order in which they start and stop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

import structlog
from aiohttp import web

from vigilbot.activity import Activity
from vigilbot.chat.console.platform import ConsolePlatform
from vigilbot.clock import Clock, WallClock
from vigilbot.embedding.likeness import SAME_ANSWER
from vigilbot.embedding.loading import load_embedder
from vigilbot.errors import ChatError, ConfigError
from vigilbot.knowledge.ingest import BUILTIN_PREFIX, ingest_builtin_docs
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.pipeline.respond import Pipeline
from vigilbot.reasoning.extractive import ExtractiveReasoner
from vigilbot.sessions.actor import Desk
from vigilbot.sessions.courier import Courier
from vigilbot.sessions.feed import Feed
from vigilbot.sessions.intake import Intake
from vigilbot.storage.calls import CallLog
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE, INDEX, locked
from vigilbot.tasks import Tasks
from vigilbot.web import application
from vigilbot.web.parts import Parts
from vigilbot.web.status import Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from vigilbot.chat.base import ChatPlatform
    from vigilbot.config import Settings
    from vigilbot.embedding.base import Embedder
    from vigilbot.models import Session, Turn
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.sessions.actor import Respond

log = structlog.get_logger(__name__)

Notify = Callable[["Session", str, "str | None"], Awaitable[None]]

DRAIN_SECONDS = 8.0


class Readiness:
    """What is still being loaded, in words for a person; turns wait until nothing is."""

    def __init__(self) -> None:
        self.loading = ""
        self._ready = asyncio.Event()
        self._ready.set()

    @asynccontextmanager
    async def while_loading(self, what: str) -> AsyncIterator[None]:
        """Not ready within the block; ready after it even when loading failed, since every turn then says why."""
        self.loading = what
        self._ready.clear()
        try:
            yield
        finally:
            self.loading = ""
            self._ready.set()

    def before(self, respond: Respond) -> Respond:
        """The same, once ready."""

        async def when_ready(turn: Turn) -> Turn | None:
            await self._ready.wait()
            return await respond(turn)

        return when_ready


@runtime_checkable
class TakesRequests(Protocol):
    """A chat platform that is called over HTTP."""

    async def handle_http(self, request: web.Request) -> web.Response:
        """Answer one signed request."""


@dataclass(frozen=True, slots=True)
class App:
    """Every part, running. Times come from `clock`; work under way is counted by `activity`."""

    settings: Settings
    db: Database
    clock: Clock
    tasks: Tasks
    activity: Activity
    feed: Feed
    embedder: Embedder
    knowledge: LocalKnowledge
    reasoner: Reasoner
    platform: ChatPlatform
    intake: Intake
    readiness: Readiness

    async def status(self) -> Status:
        """What the page and the probes tell about the whole process."""
        sources = tuple((source.name, source.entries) for source in await self.knowledge.sources())
        return Status(
            reasoner=self.reasoner.name,
            loading=self.readiness.loading,
            sources=sources,
            own_docs_only=all(name.startswith(BUILTIN_PREFIX) for name, _ in sources),
        )


def platform_for(settings: Settings, clock: Clock, feed: Feed) -> ChatPlatform:
    """Slack when its token is set, otherwise the console."""
    if settings.uses_slack:
        from vigilbot.chat.slack.platform import SlackPlatform  # noqa: PLC0415 - the console does without slack-bolt

        return SlackPlatform(settings)
    return ConsolePlatform(clock, settings.data_dir, feed.publish, f"http://{settings.host}:{settings.port}")


def reasoner_for(
    settings: Settings, db: Database, embedder: Embedder, knowledge: LocalKnowledge, platform: ChatPlatform
) -> Reasoner:
    """The models that VIGIL_MODEL… name, or the built-in extractive reasoner."""
    if settings.uses_models:
        from vigilbot.reasoning.prompted import PromptedReasoner  # noqa: PLC0415 - brings prompts and pictures along

        return PromptedReasoner(settings, CallLog(db), platform.fetch_image)
    return ExtractiveReasoner(embedder, knowledge)


@asynccontextmanager
async def assembled(
    settings: Settings,
    *,
    clock: Clock | None = None,
    reasoner: Reasoner | None = None,
    platform: ChatPlatform | None = None,
    dialogues: Path | None = None,
) -> AsyncIterator[App]:
    """Everything but the doors: storage, models, knowledge, sessions. Parts stop in the reverse order.

    `clock`, `reasoner` and `platform` replace the usual ones; `dialogues` is a database for sessions apart from the
    one that holds the knowledge (backtests). Raises VigilError in one clear line.
    """
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(locked(settings.data_dir))
        knowledge_db = await Database.open(folder / DATABASE)
        stack.push_async_callback(knowledge_db.close)
        db = knowledge_db
        if dialogues is not None:
            db = await Database.open(dialogues)
            stack.push_async_callback(db.close)
        clock, tasks, activity, feed, readiness = clock or WallClock(), Tasks(), Activity(), Feed(), Readiness()
        embedder = await load_embedder(settings.embedding_model)
        stack.push_async_callback(embedder.close)
        knowledge = LocalKnowledge(knowledge_db, embedder, folder / INDEX, clock)
        stack.push_async_callback(knowledge.close)
        platform = platform or platform_for(settings, clock, feed)
        reasoner = reasoner or reasoner_for(settings, db, embedder, knowledge, platform)
        stack.push_async_callback(reasoner.close)
        pipeline = Pipeline(
            db=db,
            clock=clock,
            reasoner=reasoner,
            knowledge=knowledge,
            embedder=embedder,
            scope=settings.scope,
            references=settings.references,
            dedup_threshold=SAME_ANSWER if settings.dedup_threshold is None else settings.dedup_threshold,
        )
        courier = Courier(db, {platform.name: platform}, clock, tasks, feed, activity)
        desk = Desk(
            db=db,
            clock=clock,
            tasks=tasks,
            activity=activity,
            feed=feed,
            courier=courier,
            respond=readiness.before(pipeline.respond),
            notify=_notifier(platform),
            engage=settings.engage,
            quiet_window=settings.quiet_window,
        )
        stack.push_async_callback(tasks.drain, DRAIN_SECONDS)
        yield App(
            settings=settings,
            db=db,
            clock=clock,
            tasks=tasks,
            activity=activity,
            feed=feed,
            embedder=embedder,
            knowledge=knowledge,
            reasoner=reasoner,
            platform=platform,
            intake=Intake(desk),
            readiness=readiness,
        )


def _notifier(platform: ChatPlatform) -> Notify:
    """A notice that cannot be posted is no reason to fail a turn: it is logged."""

    async def notify(session: Session, text: str, to: str | None) -> None:
        try:
            await platform.post_notice(session, text, to)
        except ChatError as error:
            log.warning("notice_failed", session=session.id, error=str(error))

    return notify


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
        address = await stack.enter_async_context(_web_side(app))
        warming = asyncio.create_task(_warm(app), name="warming")
        stack.callback(warming.cancel)
        await asyncio.sleep(0)  # from here on the app is not ready until it is warm
        await app.platform.start(app.intake.receive)
        stack.push_async_callback(app.platform.stop)
        await app.intake.resume()
        sweeping = app.intake.close_idle_sessions(app.settings.idle_close * 3600)
        stack.callback(app.tasks.spawn(sweeping, name="idleness").cancel)
        yield Serving(address, warming)


async def _warm(app: App) -> None:
    async with app.readiness.while_loading("opening the knowledge base"):
        await app.knowledge.open()
        await ingest_builtin_docs(app.knowledge)
    app.feed.publish_all()
    await app.reasoner.warm()


def _web_application(app: App) -> web.Application:
    if isinstance(app.platform, ConsolePlatform):
        parts = Parts(
            settings=app.settings,
            db=app.db,
            feed=app.feed,
            clock=app.clock,
            console=app.platform,
            knowledge=app.knowledge,
            status=app.status,
        )
        return application.build(parts)
    probes = application.build_probes(app.status)
    if isinstance(app.platform, TakesRequests):
        probes.router.add_post("/slack/events", app.platform.handle_http)
    return probes


@asynccontextmanager
async def _web_side(app: App) -> AsyncIterator[str]:
    host, port = app.settings.host, app.settings.port
    runner = web.AppRunner(_web_application(app), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ConfigError(
                f"VIGIL_PORT={port}: cannot listen on {host} ({os.strerror(error.errno or 0)}); "
                "stop the other program or choose another port"
            ) from None
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
