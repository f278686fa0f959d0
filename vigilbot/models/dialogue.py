"""What people say: messages, the session they belong to, and the dialogue as a thinking step sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from vigilbot.models.knowledge import EVERYONE, Audience

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Role = Literal["customer", "analyst", "bot"]
SessionState = Literal["open", "engaged", "closed"]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture attached to a message. `location` is a URL, or a file in the data folder."""

    location: str
    mimetype: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a session. `id` is unique within the session and keeps posting order (Slack: its `ts`)."""

    id: str
    session_id: str
    author: str
    role: Role
    text: str
    posted_at: float
    images: tuple[Image, ...] = ()
    edited_at: float | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """One on-call dialogue: a Slack thread or a console room."""

    id: str
    platform: str
    channel: str
    thread: str
    title: str
    state: SessionState
    opened_at: float
    engaged_at: float | None = None
    closed_at: float | None = None
    active_at: float = 0.0
    muted: bool = False

    def audiences(self, messages: Iterable[Message]) -> frozenset[Audience]:
        """Whose knowledge may answer here: everyone's, this channel's, and the customer's, if only one has written.

        Where several customers write, nobody's private knowledge answers: the others would read it.
        """
        customers = {message.author for message in messages if message.role == "customer"}
        private = {Audience(f"customer:{customer}") for customer in customers} if len(customers) == 1 else set()
        return frozenset({EVERYONE, Audience(f"channel:{self.channel}"), *private})


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What a thinking step sees: the session so far, and which of its messages make up the turn to judge."""

    session_id: str
    turn_id: str
    messages: tuple[Message, ...]
    turn_messages: tuple[Message, ...]
    """The burst of consecutive customer messages, oldest first; also contained in `messages`."""
    scope: str
    """The configured capability scope, in plain words."""
    audiences: frozenset[Audience]
    """Whose knowledge this session may see."""

    @classmethod
    def of(
        cls, session: Session, messages: Iterable[Message], asking: Collection[str], scope: str, turn_id: str = ""
    ) -> Self:
        """A session as far as `messages` (oldest first) tell it, without what was deleted.

        `asking` are the ids of the messages that make up the turn.
        """
        written = tuple(message for message in messages if not message.deleted)
        turn_messages = tuple(message for message in written if message.id in asking)
        return cls(session.id, turn_id, written, turn_messages, scope, session.audiences(written))

    @property
    def turn_text(self) -> str:
        return "\n".join(message.text for message in self.turn_messages if message.text)

    @property
    def history(self) -> tuple[Message, ...]:
        """The messages that do not belong to the turn, oldest first."""
        ids = {message.id for message in self.turn_messages}
        return tuple(message for message in self.messages if message.id not in ids)
