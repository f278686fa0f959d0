"""The state machine of a session, as pure functions: open → engaged (an analyst spoke) → closed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from vigilbot.models import Session

if TYPE_CHECKING:
    from vigilbot.chat.base import CommandGiven, Place
    from vigilbot.models import Role

Engage = Literal["analyst", "always"]
TITLE_CHARACTERS = 80


def opened(place: Place, title: str, at: float) -> Session:
    return Session(
        id=place.session_id,
        platform=place.platform,
        channel=place.channel,
        thread=place.thread,
        title=title_of(title),
        state="open",
        opened_at=at,
        active_at=at,
    )


def title_of(text: str) -> str:
    """The first line, shortened: what a list of sessions shows."""
    lines = text.strip().splitlines()
    line = lines[0].strip() if lines else "Untitled"
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1].rstrip() + "…"


def after_message(session: Session, role: Role, at: float) -> Session:
    """An analyst's word engages; anybody's word but a bot's reopens what was closed."""
    session = replace(session, active_at=max(session.active_at, at))
    if role == "analyst":
        return replace(session, state="engaged", engaged_at=min(session.engaged_at or at, at), closed_at=None)
    if role == "customer" and session.state == "closed":
        return replace(session, state="engaged" if session.engaged_at else "open", closed_at=None)
    return session


def after_command(session: Session, event: CommandGiven) -> Session:
    match event.command:
        case "close" if event.idle_since is not None and session.active_at > event.idle_since:
            return session
        case "close":
            return closed(session, event.given_at)
        case "mute" | "unmute":
            return replace(session, muted=event.command == "mute")
        case "help" | "status":
            return session


def closed(session: Session, at: float) -> Session:
    return replace(session, state="closed", closed_at=at, active_at=max(session.active_at, at))


def is_first_word(session: Session, at: float) -> bool:
    """Whether no analyst is known to have written before this moment; words can overtake one another on their way."""
    return session.engaged_at is None or at < session.engaged_at


def listens(session: Session, engage: Engage, at: float) -> bool:
    """Whether a customer's message of this moment becomes a turn, in whatever order messages come in."""
    engaged = session.state == "engaged" and at >= (session.engaged_at or at)
    return not session.muted and (engaged or engage == "always")
