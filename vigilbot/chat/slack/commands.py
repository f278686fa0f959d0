"""Words said to the bot: `@vigilbot close` in a thread, `/vigilbot status` anywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

from vigilbot.chat.base import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: tuple[Command, ...] = get_args(Command)
REACTIONS: Mapping[str, Command] = {"white_check_mark": "close", "mute": "mute"}

SLASH = "/vigilbot"
HELP = (
    "I read along in the channels I am invited to, speak once an analyst has joined a thread, and answer what my "
    "sources cover with a cited card.\n"
    "In a thread, mention me with one word: close, mute, unmute, status or help. An analyst's :white_check_mark: on a "
    "thread's first message closes it; :mute: silences me there.\n"
    f"{SLASH} status says how I am connected; {SLASH} delivery chooses who sees my answers first."
)


def mentions(user_id: str, mrkdwn: str) -> bool:
    return bool(user_id) and re.search(rf"<@{re.escape(user_id)}[|>]", mrkdwn) is not None


def command_in(user_id: str, mrkdwn: str) -> Command | None:
    """The command of a message that mentions the bot and says nothing but that one word."""
    if not mentions(user_id, mrkdwn):
        return None
    rest = re.sub(rf"<@{re.escape(user_id)}(\|[^<>]*+)?>", " ", mrkdwn)
    word = rest.strip(" \t\r\n.,:;!?").lower()
    return next((command for command in COMMANDS if command == word), None)
