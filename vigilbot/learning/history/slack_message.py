"""One element of a day file: a line of a thread, the end of one, or nothing of use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.chat.slack.commands import command_in
from vigilbot.chat.slack.payload import WRITTEN, author_of, is_bot, is_ts, map_of, said, text_of
from vigilbot.learning.history.records import Left, Line, believable, clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.chat.slack.payload import Payload

_CALLED = re.compile(r"\s*<@([UW][A-Z0-9]+)")


@dataclass(frozen=True, slots=True)
class Written:
    """A message of the thread that `root` began, as it stands now."""

    root: str
    line: Line


@dataclass(frozen=True, slots=True)
class Removed:
    """A message that was deleted later: what was read of it is dropped."""

    root: str
    line_id: str


def translated(message: object, bots: Mapping[str, str]) -> Written | Removed | Left:
    """What an element means; `bots` are handles by user id. The texts are those a live bot would have stored."""
    if not isinstance(message, dict):
        return Left("not a message")
    match text_of(message, "subtype"):
        case "message_changed":
            return _written({**map_of(message, "message"), "subtype": ""}, bots)
        case "message_deleted":
            gone, before = text_of(message, "deleted_ts"), map_of(message, "previous_message")
            return Removed(text_of(before, "thread_ts") or gone, gone)
        case "tombstone":
            return Left("deleted")
        case subtype if subtype in WRITTEN:
            return _written(message, bots)
        case _:
            return Left("joins, topics and other notices")


def _written(message: Payload, bots: Mapping[str, str]) -> Written | Left:
    ts, author, mrkdwn = text_of(message, "ts"), clean(author_of(message), 80), text_of(message, "text")
    root = text_of(message, "thread_ts") or ts
    if not (is_ts(ts) and is_ts(root) and believable(float(ts))):
        return Left("no readable time")
    if (called := _CALLED.match(mrkdwn)) and called[1] in bots and command_in(called[1], mrkdwn):
        return Left("commands to a bot")
    text = clean(said(message, dict(bots)))
    if not text.strip():
        return Left("no words")
    return Written(
        root,
        Line(
            id=ts,
            author=author,
            text=text,
            posted_at=float(ts),
            role="bot" if is_bot(message) or not author or author in bots else None,
        ),
    )
