"""The seam between chat platforms and sessions: events come in, cards and notices go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.models import AlertAnswerKind, Card, Image, Role, Session

TicketRequest = Literal["split", "tell"]
Command = Literal["close", "mute", "unmute", "help", "status"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happened. One session is one (platform, channel, thread)."""

    platform: str
    channel: str
    thread: str

    @property
    def session_id(self) -> str:
        """The session that lives here; the same for every event of the thread, and safe in a URL."""
        return "-".join((self.platform, self.channel, self.thread))


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A session begins before anybody has written: a console room. In Slack the first message opens it."""

    event_id: str
    place: Place
    title: str
    opened_at: float


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
    """An author changed the words of a message."""

    event_id: str
    place: Place
    message_id: str
    text: str
    edited_at: float


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """An author took a message back; its words are forgotten."""

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
    idle_since: float | None = None
    """For a close because nothing has happened since: void when something has."""


@dataclass(frozen=True, slots=True)
class CardAccepted:
    """Somebody clicked Accept. It counts from an analyst, and from a customer who wrote in the session."""

    event_id: str
    place: Place
    card_id: str
    author: str
    accepted_at: float
    role: Role = "customer"


@dataclass(frozen=True, slots=True)
class AlertAnswered:
    """Somebody liked or disliked an alert, or opened its thread. `place` is where the alert stands."""

    event_id: str
    place: Place
    alert_id: str
    kind: AlertAnswerKind
    author: str
    given_at: float
    category: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class TicketAsked:
    """Somebody wants a linked ticket split from its incident, or the linked threads told that it is over."""

    event_id: str
    place: Place
    request: TicketRequest
    session_id: str
    author: str
    given_at: float


ChatEvent = (
    SessionOpened
    | MessagePosted
    | MessageEdited
    | MessageDeleted
    | CommandGiven
    | CardAccepted
    | AlertAnswered
    | TicketAsked
)


class ChatPlatform(Protocol):
    """One place where people write: Slack, the console. Implemented in `chat/slack/` and `chat/console/`."""

    @property
    def name(self) -> str:
        """`console`, `slack` …; the platform in every Place it reports."""

    @property
    def post_interval(self) -> float:
        """Least seconds between two posts to one channel (Slack: about one); 0 for no limit."""

    async def start(self, intake: Callable[[ChatEvent], Awaitable[bool]]) -> None:
        """Connect and begin to deliver events. Raises ChatError (bad token, no connection) with the fix in its text.

        `intake` stores an event durably, then hands it to its session; it returns False when the event had been
        seen before. An adapter acknowledges to its vendor only after it has returned.
        """

    async def stop(self) -> None:
        """Stop delivering events, then disconnect."""

    async def post_card(self, session: Session, card: Card, delivery_id: str) -> str:
        """Post the card in the session's thread; returns the platform's reference to it.

        `delivery_id` travels with the message, so that `find_posted` can recognise it after a crash.
        Raises ChatRateLimited or ChatError.
        """

    async def find_posted(self, session: Session, delivery_id: str, since: float) -> str | None:
        """The reference of a card or notice in the thread that carries this delivery id, or None.

        It was not posted before `since`. Raises ChatError.
        """

    async def update_card(self, session: Session, card: Card) -> None:
        """Show the card's present state (accepted, by whom) to everyone. Raises ChatError."""

    async def fetch_image(self, image: Image) -> bytes:
        """The bytes of a picture in one of this platform's messages. Raises ChatError."""

    async def permalink(self, session: Session) -> str:
        """Where a person can read the session: what knowledge learnt from it cites. Raises ChatError."""

    async def post_notice(self, session: Session, text: str, to: str | None, delivery_id: str) -> str:
        """Say one plain sentence: to one person where the platform can, otherwise in the thread.

        Returns the platform's reference to it; what was said to one person may not be findable. Raises as `post_card`.
        """
