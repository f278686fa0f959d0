"""Slack as a chat platform: events come in over Socket Mode or signed HTTP, cards and notices go out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from vigilbot.chat.slack import http
from vigilbot.chat.slack.alerts import SlackAlerts
from vigilbot.chat.slack.analysts import AnalystSide
from vigilbot.chat.slack.api import SlackApi, SlackRefused
from vigilbot.chat.slack.blocks import blocks, carries, fallback, notice_blocks, posting_options
from vigilbot.chat.slack.connection import Connection
from vigilbot.chat.slack.payload import PLATFORM
from vigilbot.chat.slack.text import escaped
from vigilbot.errors import ChatError, ConfigError
from vigilbot.runtime.tasks import Tasks

if TYPE_CHECKING:
    from vigilbot.chat.analysts import AnalystDesk, Form, Offer
    from vigilbot.chat.slack.api import Json
    from vigilbot.chat.slack.connection import Intake
    from vigilbot.config import Settings
    from vigilbot.models import Card, Image, Session
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)

POST_INTERVAL_SECONDS = 1.0
DRAIN_SECONDS = 2.0
CLOCKS_APART_SECONDS = 600.0
"""How far Slack's clock and ours may differ, when a thread is searched for what was posted since a moment of ours."""


class SlackPlatform(SlackAlerts):
    """Built from settings, connected by `start`. Over HTTP, the web side hands requests to `handle_http`."""

    name = PLATFORM
    post_interval = POST_INTERVAL_SECONDS

    def __init__(self, settings: Settings, db: Database | None = None) -> None:
        """`db` tells how far messages are known from before this start; without it nothing older is caught up."""
        if settings.slack_bot_token is None:
            raise ConfigError("SLACK_BOT_TOKEN is not set; docs/slack.md says where to find it")
        super().__init__()
        self._settings = settings
        self._db = db
        self._token = settings.slack_bot_token.get_secret_value()
        secret = settings.slack_signing_secret
        self._verifier = SignatureVerifier(secret.get_secret_value()) if secret else None
        self._tasks = Tasks()
        self._connection: Connection | None = None
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
            here = Connection(api, bot, self._settings, intake, self._tasks, self._db, alerts=self)
            self._connection = here
            if self._desk is not None:
                here.analysts = AnalystSide(api, here.roles, self._desk, self._tasks)
            await here.roles.refresh()
            await here.open()
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
        here.accepting = False
        self._refreshing.cancel()
        if here.catch_up.sockets is not None:
            await here.catch_up.sockets.close(DRAIN_SECONDS)
        await self._tasks.drain(DRAIN_SECONDS)
        await here.api.close()

    @property
    def fault(self) -> str:
        """Why events do not come from Slack just now, in words for a person; empty while they do."""
        return "not connected to Slack" if self._connection is None else self._connection.catch_up.fault

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
        if not self._here.accepting:
            raise ChatError("Slack is not connected yet")
        return await self._here.catch_up.catch_up(session.channel, session.thread)

    async def post_card(self, session: Session, card: Card, delivery_id: str) -> str:
        answer = await self._call(
            "chat.postMessage",
            channel=session.channel,
            thread_ts=session.thread,
            text=fallback(card),
            blocks=blocks(card, delivery_id),
            **posting_options(delivery_id),
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
        answer = await self._call("chat.postMessage", **posting_options(delivery_id), **thread)
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
    def _here(self) -> Connection:
        if self._connection is None:
            raise ChatError("Slack is not connected")
        return self._connection

    async def _call(self, method: str, **arguments: object) -> Json:
        return await self._here.api.call(method, **arguments)
