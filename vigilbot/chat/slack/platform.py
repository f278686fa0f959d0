"""Slack as a chat platform: events come in over Socket Mode or signed HTTP, cards and notices go out."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from vigilbot.chat.slack import http, slash
from vigilbot.chat.slack.alerts import SlackAlerts, wants_form
from vigilbot.chat.slack.analysts import AnalystSide
from vigilbot.chat.slack.api import SlackApi, SlackRefused, vendor_log
from vigilbot.chat.slack.blocks import blocks, carries, fallback, notice_blocks, travelling
from vigilbot.chat.slack.channels import Channels
from vigilbot.chat.slack.events import Translator
from vigilbot.chat.slack.hearing import Hearing
from vigilbot.chat.slack.history import History
from vigilbot.chat.slack.line import Line
from vigilbot.chat.slack.middleware import TakeIn
from vigilbot.chat.slack.payload import PLATFORM
from vigilbot.chat.slack.roles import Roles
from vigilbot.chat.slack.socket import Socket
from vigilbot.chat.slack.text import escaped
from vigilbot.errors import ChatError, ConfigError
from vigilbot.tasks import Tasks, survived

if TYPE_CHECKING:
    from slack_bolt.context.ack.async_ack import AsyncAck

    from vigilbot.chat.analysts import AnalystDesk, Form, Offer
    from vigilbot.chat.base import ChatEvent
    from vigilbot.chat.slack.api import Bot, Json
    from vigilbot.config import Settings
    from vigilbot.models import Card, Image, Session
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)

Intake = Callable[["ChatEvent"], Awaitable[bool]]

POST_INTERVAL_SECONDS = 1.0
ROLES_REFRESH_SECONDS = 600.0
DRAIN_SECONDS = 2.0
CLOCKS_APART_SECONDS = 600.0
ANY = re.compile(r".*")


class SlackPlatform(SlackAlerts):
    """Built from settings, connected by `start`. Over HTTP, the web side hands requests to `handle_http`."""

    name = PLATFORM
    post_interval = POST_INTERVAL_SECONDS

    def __init__(self, settings: Settings, db: Database | None = None) -> None:
        """`db` tells what was heard before this start; without it nothing is caught up from before."""
        if settings.slack_bot_token is None:
            raise ConfigError("SLACK_BOT_TOKEN is not set; docs/slack.md says where to find it")
        super().__init__()
        self._settings = settings
        self._db = db
        self._token = settings.slack_bot_token.get_secret_value()
        secret = settings.slack_signing_secret
        self._verifier = SignatureVerifier(secret.get_secret_value()) if secret else None
        self._tasks = Tasks()
        self._connection: _Connection | None = None
        self._desk: AnalystDesk | None = None

    def serve_analysts(self, desk: AnalystDesk) -> None:
        self._desk = desk

    async def show_suggestion(self, offer: Offer, analyst: str) -> None:
        await self._analysts.show_suggestion(offer, analyst)

    async def ask_for_annotation(self, form: Form, analyst: str) -> None:
        await self._analysts.ask(form, analyst)

    async def start(self, intake: Intake) -> None:
        """Raises ChatError: a refused SLACK_BOT_TOKEN or SLACK_APP_TOKEN, or Slack out of reach."""
        api = SlackApi(self._token, self._settings.slack_api_url)
        try:
            bot = await api.who_am_i()
            here = _Connection(api, bot, self._settings, intake, self._tasks, self._db, alerts=self)
            self._connection = here
            if self._desk is not None:
                here.analysts = AnalystSide(api, here.roles, self._desk, self._tasks)
            await here.roles.refresh()
            await here.hear()
        except BaseException:
            self._connection = None
            await api.close()
            raise
        self._refreshing = self._tasks.spawn(here.keep_fresh(), name="slack upkeep")
        log.info("slack_connected", team=bot.team, bot=bot.name, analysts=here.roles.known_analysts)

    async def stop(self) -> None:
        """What is being taken in is finished and acknowledged first; later requests get 503 and come again."""
        here, self._connection = self._connection, None
        if here is None:
            return
        here.open = False
        self._refreshing.cancel()
        if here.hearing.line is not None:
            await here.hearing.line.close(DRAIN_SECONDS)
        await self._tasks.drain(DRAIN_SECONDS)
        await here.api.close()

    @property
    def fault(self) -> str:
        """Why events do not come from Slack just now, in words for a person; empty while they do."""
        return "not connected to Slack" if self._connection is None else self._connection.hearing.fault

    async def handle_http(self, request: web.Request) -> web.Response:
        """For POST /slack/events: events, button clicks and slash commands of HTTP mode."""
        if self._verifier is None:
            return web.Response(status=404, text="SLACK_SIGNING_SECRET is not set: HTTP mode is off")
        if self._connection is None:
            return web.Response(status=503, text="not connected")
        # A task of its own: an event half taken in must not be cut off because Slack hung up.
        answering = http.answer(self._connection.app, self._verifier, request)
        return await asyncio.shield(self._tasks.spawn(answering, name="slack request"))

    async def catch_up(self, session: Session) -> list[str]:
        if not self._here.open:
            raise ChatError("Slack is not connected yet")
        return await self._here.hearing.catch_up(session.channel, session.thread)

    async def post_card(self, session: Session, card: Card, delivery_id: str) -> str:
        answer = await self._call(
            "chat.postMessage",
            channel=session.channel,
            thread_ts=session.thread,
            text=fallback(card),
            blocks=blocks(card, delivery_id),
            **travelling(delivery_id),
        )
        return str(answer["ts"])

    async def find_posted(self, session: Session, delivery_id: str, since: float) -> str | None:
        """Looked for by metadata, and by the first block's id, which survives where metadata is dropped."""
        messages = self._here.api.pages(
            "conversations.replies",
            "messages",
            channel=session.channel,
            ts=session.thread,
            oldest=f"{since - CLOCKS_APART_SECONDS:.6f}",
            include_all_metadata=True,
        )
        async for message in messages:
            if carries(message, delivery_id):
                return str(message["ts"])
        return None

    async def update_card(self, session: Session, card: Card) -> None:
        if card.posted_ref is None:
            raise ChatError(f"card {card.id} has not been posted, so there is nothing to update")
        await self._call(
            "chat.update", channel=session.channel, ts=card.posted_ref, text=fallback(card), blocks=blocks(card)
        )

    async def post_notice(self, session: Session, text: str, to: str | None, delivery_id: str) -> str:
        """An ephemeral message is in no history, so only what is said to all can be found again."""
        thread = {
            "channel": session.channel,
            "thread_ts": session.thread,
            "text": escaped(text),
            "blocks": notice_blocks(text, delivery_id),
        }
        if to is not None:
            try:
                answer = await self._call("chat.postEphemeral", user=to, **thread)
            except SlackRefused as error:
                # They left the channel, or their client cannot show it: better said to all than to nobody.
                log.info("notice_not_ephemeral", session=session.id, error=str(error))
            else:
                return str(answer.get("message_ts", ""))
        answer = await self._call("chat.postMessage", **travelling(delivery_id), **thread)
        return str(answer["ts"])

    async def permalink(self, session: Session) -> str:
        answer = await self._call("chat.getPermalink", channel=session.channel, message_ts=session.thread)
        return str(answer.get("permalink", ""))

    async def fetch_image(self, image: Image) -> bytes:
        """The picture's bytes, at most api.IMAGE_BYTES. Raises ChatError, also for hosts that are not Slack's."""
        return await self._here.api.download(image.location)

    @property
    def _analysts(self) -> AnalystSide:
        if self._here.analysts is None:
            raise ChatError("nobody serves analysts here")
        return self._here.analysts

    @property
    def _api(self) -> SlackApi:
        return self._here.api

    @property
    def _here(self) -> _Connection:
        if self._connection is None:
            raise ChatError("Slack is not connected")
        return self._connection

    async def _call(self, method: str, **arguments: object) -> Json:
        return await self._here.api.call(method, **arguments)


class _Connection:
    """What exists between `start` and `stop`: who we are, who counts as what, and the Bolt app."""

    def __init__(
        self,
        api: SlackApi,
        bot: Bot,
        settings: Settings,
        intake: Intake,
        tasks: Tasks,
        db: Database | None,
        alerts: SlackAlerts,
    ) -> None:
        self.api = api
        self.bot = bot
        self.roles = Roles(api, bot, settings.analysts)
        self.app = self._bolt()
        self.open = False
        """Events are taken in: before, nobody knows yet who is an analyst."""
        self._settings = settings
        self._channels = Channels(api, settings.channels, alerts.channels)
        self._translator = Translator(bot, self.roles, self._channels)
        self.hearing = Hearing(History(api, self._translator), self._channels, intake, db)
        self._intake = intake
        self._alerts = alerts
        self._tasks = tasks
        self.analysts: AnalystSide | None = None

    async def hear(self) -> None:
        """Open the socket, unless Slack calls us over HTTP. Raises ChatError."""
        await self.hearing.begin(self._settings.catch_up * 3600, time.time())
        self.open = True
        if token := self._settings.slack_app_token:
            connect = partial(Socket.connect, self.app, self.api, token.get_secret_value())
            self.hearing.line = Line(connect, self.hearing.deepen, self._tasks)
            await self.hearing.line.open()

    def _bolt(self) -> AsyncApp:
        """Bolt parses, dispatches and answers; signatures are checked in http.py, before anything is parsed."""
        app = AsyncApp(
            client=self.api.client,
            # Before Bolt's own authorization: when that fails Bolt answers 200, and the event would be lost.
            before_authorize=TakeIn(self.serve_analyst, self.take_in),
            request_verification_enabled=False,
            signing_secret="",
            logger=vendor_log,
        )
        app.command(ANY)(self._slash_command)
        return app

    async def serve_analyst(self, body: Json) -> Json | None:
        """What an analyst who clicked is answered; None when the payload is about something else."""
        return await self.analysts.take(body) if self.analysts else None

    async def take_in(self, body: Json) -> int:
        """The HTTP status for Slack. Only what is stored is acknowledged: any error makes Slack bring it again."""
        if not self.open:
            return 503
        try:
            self._note_changes(body)
            event = await self._translator.event(body)
            if event is not None and not await self._intake(event):
                log.debug("slack_told_again", event_id=event.event_id)
        except ChatError as error:
            log.warning("slack_event_not_taken", error=str(error))
            return 500
        except Exception as error:  # whatever it is, the event is not stored, and Slack has to know
            log.exception("slack_event_not_taken", error=repr(error))
            return 500
        self.hearing.told(body)
        if wants_form(body)[0]:
            self._tasks.spawn(self._alerts.show_form(body), name="slack form")
        return 200

    def _note_changes(self, body: Json) -> None:
        match body.get("event"):
            case {"type": "subteam_members_changed" | "subteam_updated"}:
                self._tasks.spawn(self.roles.refresh(), name="slack roles, changed")
            case {"type": "channel_rename" | "group_rename", "channel": {"id": str(channel)}}:
                self._channels.forget(channel)

    async def keep_fresh(self) -> None:
        """For ever: keep the line open, look for what it did not bring, and know who is who."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_roles_fresh(), name="slack roles")
            group.create_task(self.hearing.keep(), name="slack hearing")
            if self.hearing.line is not None:
                group.create_task(self.hearing.line.keep(), name="slack line")

    async def _keep_roles_fresh(self) -> None:
        while True:
            await asyncio.sleep(ROLES_REFRESH_SECONDS)
            with survived("reading the user groups"):
                await self.roles.refresh()

    async def _slash_command(self, ack: AsyncAck, command: Json) -> None:
        way = "Socket Mode" if self.hearing.line else "HTTP"
        role = await self.roles.of(str(command.get("user_id", "")))
        status = slash.status(self.bot, way, self._settings.channels, self.roles.known_analysts, role=role)
        await ack(await slash.answer(command, status, self.analysts))
