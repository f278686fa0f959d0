"""One connection to Slack, from `start` to `stop`: how its events come in, are stored, and only then acknowledged."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

import structlog
from slack_bolt.async_app import AsyncApp

from vigilbot.chat.slack import slash
from vigilbot.chat.slack.alerts import wants_form
from vigilbot.chat.slack.api import vendor_log
from vigilbot.chat.slack.catch_up import CatchUp
from vigilbot.chat.slack.channels import Channels
from vigilbot.chat.slack.events import Translator
from vigilbot.chat.slack.history import History
from vigilbot.chat.slack.middleware import TakeIn
from vigilbot.chat.slack.roles import Roles
from vigilbot.chat.slack.socket import Socket
from vigilbot.chat.slack.socket_keeper import SocketKeeper
from vigilbot.errors import ChatError
from vigilbot.runtime.tasks import survived

if TYPE_CHECKING:
    from slack_bolt.context.ack.async_ack import AsyncAck

    from vigilbot.chat.base import ChatEvent
    from vigilbot.chat.slack.alerts import SlackAlerts
    from vigilbot.chat.slack.analysts import AnalystSide
    from vigilbot.chat.slack.api import Bot, Json, SlackApi
    from vigilbot.config import Settings
    from vigilbot.runtime.tasks import Tasks
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)

Intake = Callable[["ChatEvent"], Awaitable[bool]]
"""Stores an event durably; False when it had been stored before."""

ROLES_REFRESH_SECONDS, ROLES_RETRY_SECONDS = 600.0, 15.0
ANY_COMMAND = re.compile(r".*")


class Connection:
    """What exists between the platform's `start` and `stop`: who we are, who counts as analyst, and the Bolt app."""

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
        self.accepting = False
        """Whether events are taken in: not before it is known who is an analyst, nor once `stop` has begun."""
        self._settings = settings
        self._channels = Channels(api, settings.channels, alerts.channels)
        self._translator = Translator(bot, self.roles, self._channels)
        self.catch_up = CatchUp(History(api, self._translator), self._channels, intake, db)
        self._intake = intake
        self._alerts = alerts
        self._tasks = tasks
        self.analysts: AnalystSide | None = None

    async def open(self) -> None:
        """Open the socket, unless Slack calls us over HTTP. Raises ChatError."""
        await self.catch_up.begin(self._settings.catch_up * 3600, time.time())
        self.accepting = True
        if token := self._settings.slack_app_token:
            connect = partial(Socket.connect, self.app, self.api, token.get_secret_value())
            self.catch_up.sockets = SocketKeeper(connect, self.catch_up.look_deep, self._tasks)
            await self.catch_up.sockets.open()

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
        app.command(ANY_COMMAND)(self._slash_command)
        return app

    async def serve_analyst(self, body: Json) -> Json | None:
        """What an analyst who clicked is answered; None when the payload is about something else."""
        return await self.analysts.take(body) if self.analysts else None

    async def take_in(self, body: Json) -> int:
        """Store what a payload says; returns the HTTP status for Slack.

        Only what is stored is acknowledged: after any error Slack brings the payload again.
        """
        if not self.accepting:
            return 503
        try:
            self._note_changes(body)
            event = await self._translator.event(body)
            if event is not None and not await self._intake(event):
                log.debug("slack_told_again", event_id=event.event_id)
        except ChatError as error:
            log.warning("slack_event_not_taken", error=str(error))
            self.catch_up.delivered(body, stored=False)
            return 500
        except Exception as error:  # whatever it is, the event is not stored, and Slack has to know
            log.exception("slack_event_not_taken", error=repr(error))
            self.catch_up.delivered(body, stored=False)
            return 500
        self.catch_up.delivered(body, stored=True)
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
        """Keep the socket open, catch up on what it did not bring, and keep roles fresh, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_roles_fresh(), name="slack roles")
            group.create_task(self.catch_up.run(), name="slack catch-up")
            if self.catch_up.sockets is not None:
                group.create_task(self.catch_up.sockets.run(), name="slack socket")

    async def _keep_roles_fresh(self) -> None:
        while True:
            await asyncio.sleep(ROLES_RETRY_SECONDS if self.roles.incomplete else ROLES_REFRESH_SECONDS)
            with survived("reading the user groups"):
                await self.roles.refresh()

    async def _slash_command(self, ack: AsyncAck, command: Json) -> None:
        way = "Socket Mode" if self.catch_up.sockets else "HTTP"
        try:
            role = await self.roles.of(str(command.get("user_id", "")))
            status = slash.status(self.bot, way, self._settings.channels, self.roles.known_analysts, role=role)
            answer = await slash.answer(command, status, self.analysts)
        except ChatError as error:
            answer = f"{error}. Please try again."
        await ack(answer)
