"""The few plain sentences the bot says outside cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigilbot.chat.base import CommandGiven
    from vigilbot.models import Session

HELP = (
    "I read along once an analyst has joined, and answer what my sources cover with a cited card; otherwise I stay "
    "silent. Mention me with: close, mute, unmute, status, help."
)


def reply_to(event: CommandGiven, session: Session) -> str | None:
    """What to say to a command; None where its effect is visible already."""
    match event.command:
        case "mute":
            return "Muted: I stay silent in this thread until somebody says unmute."
        case "unmute":
            return "Listening again in this thread."
        case "help":
            return HELP
        case "status":
            return status(session)
        case "close":
            return None


def status(session: Session) -> str:
    if session.muted:
        return "I am muted in this thread."
    match session.state:
        case "open":
            return "I am waiting: no analyst has joined this thread yet."
        case "engaged":
            return "I am listening in this thread."
        case "closed":
            return "This thread is closed; a new message reopens it."
