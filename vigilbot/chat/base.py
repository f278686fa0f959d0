"""The seam between chat platforms and sessions: events come in, cards and notices go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.models import Card, Image, Role, Session

Command = Literal["close", "mute", "unmute", "help", "status"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happened. One session is one (platform, channel, thread)."""

    platform: str
    channel: str
    thread: str


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """Somebody wrote. `message_id` orders messages within the thread; a thread's first message opens the session."""

    event_id: str
    place: Place
    message_id: str
    author: str
    role: Role
    text: str
    posted_at: float
    images: tuple[Image, ...] = ()
    addressed: bool = False
    """True when the message mentions the bot: whoever addresses it gets an answer or a reason."""
    title: str = ""
    """For a session's first message: what to call it; empty means the message's first line."""


@dataclass(frozen=True, slots=True)
class MessageEdited:
    event_id: str
    place: Place
    message_id: str
    text: str
    edited_at: float


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    event_id: str
    place: Place
    message_id: str
    deleted_at: float


@dataclass(frozen=True, slots=True)
class CommandGiven:
    """Close, mute, unmute …, however said: a mention, a reaction, a button."""

    event_id: str
    place: Place
    command: Command
    author: str
    role: Role
    given_at: float


@dataclass(frozen=True, slots=True)
class CardAccepted:
    event_id: str
    place: Place
    card_id: str
    author: str
    accepted_at: float


ChatEvent = MessagePosted | MessageEdited | MessageDeleted | CommandGiven | CardAccepted

Intake = "Callable[[ChatEvent], Awaitable[bool]]"
"""Stores an event durably, then hands it to its session; returns False when it had been seen before.

An adapter acknowledges to its vendor only after this has returned.
"""


class ChatPlatform(Protocol):
    @property
    def name(self) -> str:
        """`console`, `slack` …; the platform in every Place it reports."""

    async def start(self, intake: Callable[[ChatEvent], Awaitable[bool]]) -> None:
        """Connect and begin to deliver events. Raises ChatError (bad token, no connection) with the fix in its text."""

    async def stop(self) -> None:
        """Stop delivering events, then disconnect."""

    async def post_card(self, session: Session, card: Card, delivery_id: str) -> str:
        """Post the card in the session's thread; returns the platform's reference to it.

        `delivery_id` travels with the message, so that `find_posted` can recognise it after a crash.
        Raises ChatRateLimited or ChatError.
        """

    async def find_posted(self, session: Session, delivery_id: str) -> str | None:
        """The reference of an already posted card with this delivery id, or None. Raises ChatError."""

    async def update_card(self, session: Session, card: Card) -> None:
        """Show the card's present state (accepted, by whom) to everyone. Raises ChatError."""

    async def post_notice(self, session: Session, text: str, to: str | None) -> None:
        """Say one plain sentence: to one person where the platform can, otherwise in the thread. Raises ChatError."""
