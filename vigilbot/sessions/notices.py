"""The few plain sentences the bot says outside cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigilbot.chat.base import CommandGiven
    from vigilbot.models import Session, Turn

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


def why_silent(turn: Turn) -> str:
    """The reason owed to somebody who spoke to the bot and gets no card."""
    match turn.outcome:
        case "out_of_scope":
            return "I cannot help with that: it is outside what I am here for."
        case "no_assistance":
            return "I found no question in that which is still open."
        case "refused":
            return "I found nothing in my sources that answers this reliably."
        case "duplicate":
            return "My answer would be the same as the one above."
        case "overtaken":
            return f"{turn.reason[:1].upper()}{turn.reason[1:]}."
        case _:
            return "Something failed on my side while I was looking into this; please ask an analyst."
