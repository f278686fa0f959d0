"""What Slack itself remembers of a channel, as events: the second way by which a message can reach us.

Read through conversations.history and conversations.replies, no faster than their rate limit allows
(docs.slack.dev/apis/web-api/rate-limits: tier 3, 50 calls a minute).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from vigilbot.chat.slack.payload import is_ts, map_of, text_of
from vigilbot.errors import ChatError, ChatRateLimited

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigilbot.chat.base import ChatEvent
    from vigilbot.chat.slack.api import Json, SlackApi
    from vigilbot.chat.slack.events import Translator
    from vigilbot.chat.slack.payload import Payload

CALLS_A_MINUTE, CALLS_AT_ONCE = 40, 10
PAGE = 100
DEEPEST_PAGES = 10


@dataclass(frozen=True, slots=True)
class Recounted:
    """An event as history tells it. `key` is the same for the event that Slack pushes for it."""

    key: str
    event: ChatEvent
    at: float


class Told(NamedTuple):
    """What some messages tell, oldest first; `unclear`: keys of those about whose author Slack says nothing now."""

    events: list[Recounted]
    unclear: dict[str, ChatError]


def keys_of(channel: str, message: Payload) -> list[str]:
    """Names a message, and its latest edit, whichever way they came: `C1:17.1`, `C1:17.1:17.9`."""
    ts, edited = text_of(message, "ts"), text_of(map_of(message, "edited"), "ts")
    return [f"{channel}:{ts}", *([f"{channel}:{ts}:{edited}"] if edited else [])]


class Pace:
    """A few calls at once, then no more than a rate: for one caller."""

    def __init__(self, a_minute: int, at_once: int) -> None:
        self._rate = a_minute / 60
        self._most = self._left = float(at_once)
        self._counted_at = time.monotonic()

    async def turn(self) -> None:
        """Return when the next call may be made."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._counted_at) * self._rate) - 1
        self._counted_at = now
        if self._left < 0:
            await asyncio.sleep(-self._left / self._rate)


class History:
    """Reads channels and threads of one workspace at a bearable pace."""

    def __init__(self, api: SlackApi, translator: Translator) -> None:
        self._api = api
        self._translator = translator
        methods = ("conversations.history", "conversations.replies")
        self._paces = {method: Pace(CALLS_A_MINUTE, CALLS_AT_ONCE) for method in methods}

    async def channels(self) -> list[str]:
        """The channels the bot is a member of. Raises ChatError."""
        found = self._api.pages(
            "users.conversations", "channels", types="public_channel,private_channel", exclude_archived=True
        )
        return [text_of(channel, "id") async for channel in found]

    async def latest(self, channel: str, since: float, pages: int) -> list[Json]:
        """The channel's own messages, newest first, on at most so many pages, until one is older than `since`.

        Those older than it on the last page are among them: their threads may have newer replies. Reading ends where
        the bot joined. Raises ChatError.
        """
        found: list[Json] = []
        cursor: str | None = None
        for _ in range(pages):
            answer = await self._call("conversations.history", channel=channel, limit=PAGE, cursor=cursor)
            messages = answer.get("messages") or []
            for message in messages:
                found.append(message)
                if self._is_our_joining(message):
                    return found
            cursor = map_of(answer, "response_metadata").get("next_cursor")
            if not cursor or not messages or seconds(text_of(messages[-1], "ts")) < since:
                break
        return found

    async def replies(self, channel: str, thread: str, since: float) -> list[Json]:
        """A thread's messages newer than `since`; its first message may be among them. Raises ChatError."""
        found: list[Json] = []
        cursor: str | None = None
        while True:
            answer = await self._call(
                "conversations.replies", channel=channel, ts=thread, oldest=f"{since:.6f}", limit=PAGE, cursor=cursor
            )
            found += answer.get("messages") or []
            cursor = map_of(answer, "response_metadata").get("next_cursor")
            if not cursor:
                return found

    async def events(self, channel: str, messages: Iterable[Json], since: float) -> Told:
        """What was said and edited since then; what means nothing to us is left out. No message keeps another back."""
        told = Told([], {})
        for message in messages:
            try:
                told.events.extend(await self._recounted(channel, message, since))
            except ChatError as error:
                told.unclear[keys_of(channel, message)[0]] = error
        told.events.sort(key=lambda recounted: recounted.at)
        return told

    async def _recounted(self, channel: str, message: Json, since: float) -> list[Recounted]:
        found: list[Recounted] = []
        ts, edited = seconds(text_of(message, "ts")), seconds(text_of(map_of(message, "edited"), "ts"))
        said, *edits = keys_of(channel, message)
        if ts > since and (event := await self._translator.recounted(channel, message)):
            found.append(Recounted(said, event, ts))
        if edits and edited > since and (edit := self._translator.recounted_edit(channel, message)):
            found.append(Recounted(edits[0], edit, edited))
        return found

    def _is_our_joining(self, message: Payload) -> bool:
        joined = text_of(message, "subtype") in {"channel_join", "group_join"}
        return joined and text_of(message, "user") == self._translator.bot.user_id

    async def _call(self, method: str, **arguments: object) -> Json:
        """One call in its turn; asked to wait, it waits."""
        while True:
            await self._paces[method].turn()
            try:
                return await self._api.call(method, **arguments)
            except ChatRateLimited as limit:
                await asyncio.sleep(limit.retry_after)


def seconds(ts: str) -> float:
    """A Slack timestamp as a number; 0 for anything else."""
    return float(ts) if is_ts(ts) else 0.0
