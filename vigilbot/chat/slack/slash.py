"""`/vigilbot …`: what whoever typed it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.chat.slack.commands import HELP
from vigilbot.chat.slack.payload import text_of
from vigilbot.chat.slack.text import escaped

if TYPE_CHECKING:
    from vigilbot.chat.slack.analysts import AnalystSide
    from vigilbot.chat.slack.api import Bot
    from vigilbot.chat.slack.payload import Payload
    from vigilbot.models import Role


async def answer(command: Payload, status: str, analysts: AnalystSide | None) -> str:
    """`status` is what to say to that word; `analysts` None: nobody chooses a delivery."""
    word, _, rest = text_of(command, "text").strip().partition(" ")
    match word.lower():
        case "status":
            return status
        case "delivery" if analysts is not None:
            return await analysts.choose_delivery(text_of(command, "user_id"), text_of(command, "channel_id"), rest)
    return HELP


def status(bot: Bot, way: str, watched: tuple[str, ...], known_analysts: int, *, role: Role) -> str:
    """Only analysts are told where else the bot is: a channel's name may say who the other customers are."""
    where = "every channel I am invited to"
    if watched:
        where = "the channels " + ", ".join(watched) if role == "analyst" else "the channels I was set up for"
    return escaped(
        f"Connected to {bot.team} over {way} as {bot.name}. I watch {where}. "
        f"Analysts known by name or user group: {known_analysts}."
    )
