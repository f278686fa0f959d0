"""Rooms of the local console: the web routes speak here as people, and events come out."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, cast
from uuid import uuid4

from vigilbot.chat.base import (
    AlertAnswered,
    CardAccepted,
    ChatEvent,
    Command,
    CommandGiven,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    Place,
    SessionOpened,
    TicketAsked,
)
from vigilbot.chat.console.pictures import path_of
from vigilbot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from vigilbot.chat.analysts import AnalystDesk, Form, Offer
    from vigilbot.chat.base import TicketRequest
    from vigilbot.models import AlertAnswerKind, AlertCard, Card, Image, Role, Session
    from vigilbot.runtime.clock import Clock

NAME = "console"
CHANNEL = "room"
MENTION = re.compile(r"@vigilbot\b", re.IGNORECASE)
MENTIONED_COMMAND = re.compile(r"\s*@vigilbot[,:]?\s+(close|mute|unmute|help|status)\s*[.!]?\s*", re.IGNORECASE)


class ConsolePlatform:
    """Implements `chat.base.ChatPlatform` and `chat.alerts.TakesAlerts`.

    A card or notice is on the page as soon as its row is in the database, so posting confirms and stores nothing.
    """

    name = NAME
    post_interval = 0.0

    def __init__(self, clock: Clock, data_dir: Path, changed: Callable[[str], None], address: str) -> None:
        """`data_dir` holds the pictures; `changed(session_id)` tells the page's watchers to look at a room again.

        `address` is the page's own, without a final slash.
        """
        self._address = address
        self._clock = clock
        self._data_dir = data_dir
        self._changed = changed
        self._intake: Callable[[ChatEvent], Awaitable[bool]] | None = None
        self._desk: AnalystDesk | None = None
        self._last_id = 0

    # What people do, called by the web routes

    async def open(self, title: str) -> str:
        """Open a room; returns its session id. An empty title becomes the first message's first line."""
        place = Place(NAME, CHANNEL, uuid4().hex[:12])
        await self._deliver(SessionOpened(uuid4().hex, place, title, self._clock.now()))
        return place.session_id

    async def say(
        self, session: Session, author: str, role: Role, text: str, images: tuple[Image, ...] = ()
    ) -> str | None:
        """Write in a room; returns the message's id. `@vigilbot mute` and the like are commands: None, no message."""
        now = self._clock.now()
        if command := MENTIONED_COMMAND.fullmatch(text):
            await self.command(session, cast("Command", command[1].lower()), author, role)
            return None
        message_id = self._message_id(now)
        await self._deliver(
            MessagePosted(
                event_id=uuid4().hex,
                place=_place(session),
                message_id=message_id,
                author=author,
                role=role,
                text=text,
                posted_at=now,
                images=images,
                addressed=bool(MENTION.search(text)),
            )
        )
        return message_id

    async def edit(self, session: Session, message_id: str, text: str) -> None:
        await self._deliver(MessageEdited(uuid4().hex, _place(session), message_id, text, self._clock.now()))

    async def delete(self, session: Session, message_id: str) -> None:
        await self._deliver(MessageDeleted(uuid4().hex, _place(session), message_id, self._clock.now()))

    async def command(self, session: Session, command: Command, author: str, role: Role) -> None:
        await self._deliver(CommandGiven(uuid4().hex, _place(session), command, author, role, self._clock.now()))

    async def accept(self, session: Session, card_id: str, author: str, role: Role) -> None:
        await self._deliver(CardAccepted(uuid4().hex, _place(session), card_id, author, self._clock.now(), role))

    async def answer_alert(
        self, session: Session, alert_id: str, kind: AlertAnswerKind, author: str, category: str | None, note: str
    ) -> None:
        now = self._clock.now()
        await self._deliver(
            AlertAnswered(uuid4().hex, _place(session), alert_id, kind, author, now, category=category, note=note)
        )

    async def ask_of_ticket(self, session: Session, request: TicketRequest, author: str) -> None:
        """Split the session's ticket from its incident, or tell the threads linked to it that it is over."""
        now = self._clock.now()
        await self._deliver(TicketAsked(uuid4().hex, _place(session), request, session.id, author, now))

    # What the bot does, called by sessions and the courier

    async def start(self, intake: Callable[[ChatEvent], Awaitable[bool]]) -> None:
        self._intake = intake

    async def stop(self) -> None:
        self._intake = None

    async def post_card(self, session: Session, card: Card, delivery_id: str) -> str:  # noqa: ARG002 - the protocol's
        return card.id

    async def find_posted(self, session: Session, delivery_id: str, since: float) -> str | None:  # noqa: ARG002 - the protocol's
        """None: posting a card again shows the same row once, so there is nothing to look for."""
        return None

    async def update_card(self, session: Session, card: Card) -> None:  # noqa: ARG002 - the protocol's
        self._changed(session.id)

    def serve_alerts(self, card_of: Callable[[str], Awaitable[AlertCard]], channels: frozenset[str]) -> None:
        """The board reads alerts from the database."""

    async def post_alert(self, card: AlertCard, delivery_id: str) -> str:  # noqa: ARG002 - the protocol's
        """Alerts are on the board as soon as their row is in the database."""
        self._changed(card.alert.session_id)
        return card.alert.id

    async def find_alert(self, card: AlertCard, delivery_id: str, since: float) -> str | None:  # noqa: ARG002 - the protocol's
        return None

    async def update_alert(self, card: AlertCard) -> None:
        self._changed(card.alert.session_id)

    async def reply_to_alert(self, card: AlertCard, text: str, delivery_id: str, *, offers: bool) -> str:  # noqa: ARG002 - the protocol's
        """The board counts customers and offers to tell the linked threads by itself."""
        return card.alert.id

    async def find_reply(self, card: AlertCard, delivery_id: str, since: float) -> str | None:  # noqa: ARG002 - the protocol's
        return None

    @property
    def analysts(self) -> AnalystDesk:
        """Raises ChatError where nobody serves analysts."""
        if self._desk is None:
            raise ChatError("nobody serves analysts here")
        return self._desk

    def serve_analysts(self, desk: AnalystDesk) -> None:
        self._desk = desk

    async def show_suggestion(self, offer: Offer, analyst: str) -> None:  # noqa: ARG002 - the protocol's
        self._changed(offer.session.id)

    async def ask_for_annotation(self, form: Form, analyst: str) -> None:  # noqa: ARG002 - the protocol's
        self._changed(form.session.id)

    async def permalink(self, session: Session) -> str:
        return f"{self._address}/#{session.id}"

    async def post_notice(self, session: Session, text: str, to: str | None, delivery_id: str) -> str:  # noqa: ARG002 - the protocol's
        self._changed(session.id)
        return delivery_id

    async def fetch_image(self, image: Image) -> bytes:
        path = path_of(image.location, self._data_dir)
        if path is None:
            raise ChatError(f"{image.location}: this picture is not in the data folder")
        return await asyncio.to_thread(path.read_bytes)

    async def _deliver(self, event: ChatEvent) -> None:
        if self._intake is None:
            raise ChatError("vigilbot is starting or stopping; try again in a moment")
        await self._intake(event)

    def _message_id(self, now: float) -> str:
        """Microseconds since the epoch, sixteen digits, never the same twice: sorts as written."""
        self._last_id = max(self._last_id + 1, int(now * 1e6))
        return f"{self._last_id:016d}"


def _place(session: Session) -> Place:
    return Place(session.platform, session.channel, session.thread)
