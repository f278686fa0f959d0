"""Catches up on missed messages: Slack's history is compared, again and again, with the events it has delivered.

Every few seconds a *look* reads the latest messages of the channels where people talk. A message that no event has
brought is taken in from there, through the same intake, which counts a message once. When its event has still not come
by the next look, the socket is deaf, however well it answers pings, and is replaced. A *deep* look, at start and after
every replacement, also reads the threads of open sessions, from the last moment up to which nothing was missed.

All times are Slack's own timestamps, so that no clock of ours matters.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import structlog

from vigilbot.chat.slack.api import SlackRefused
from vigilbot.chat.slack.history import DEEPEST_PAGES, History, Recounted, keys_of, seconds
from vigilbot.chat.slack.payload import PLATFORM, map_of, text_of
from vigilbot.storage import catch_up as stored

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.chat.base import ChatEvent
    from vigilbot.chat.slack.api import Json
    from vigilbot.chat.slack.channels import Channels
    from vigilbot.chat.slack.socket_keeper import SocketKeeper
    from vigilbot.errors import ChatError
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)

LOOK_SECONDS = 8.0
OTHERS = 4
"""A look reads the channel where somebody spoke last, and so many of the others: 38 calls a minute of Slack's 50.

Of n channels each is read every LOOK_SECONDS * ceil((n - 1) / OTHERS) seconds, and deafness is noticed a look later: up
to nine channels within 30 seconds of a lone message anywhere, and of one where somebody spoke last in any number.
"""
OVERLAP_SECONDS = 600.0
"""Messages can overtake one another; reading begins so much before the last one known."""
CLOCKS_DIFFER_SECONDS = 60.0
"""Ours and Slack's, where nothing else says where to begin."""
REMEMBERED = 20_000
LISTING_SECONDS = 300.0
TRUST_SECONDS = 60.0
"""A socket replaced for deafness is not replaced for it again so soon: then the fault lies elsewhere."""
DEAF = "Slack's socket answers, but brings no events"


class Taken(NamedTuple):
    """What some messages told: the ids of all their events, how many were new, and whom Slack does not name now."""

    event_ids: list[str]
    missed: int
    unclear: dict[str, ChatError]


class CatchUp:
    """`sockets` is None in HTTP mode: what was missed is caught up there as well, but there is no socket to replace."""

    def __init__(
        self,
        history: History,
        channels: Channels,
        intake: Callable[[ChatEvent], Awaitable[bool]],
        db: Database | None,
    ) -> None:
        """`db` tells how far messages are known from before this start; None: nothing is known."""
        self._history = history
        self._channels = channels
        self._intake = intake
        self._db = db
        self.sockets: SocketKeeper | None = None
        self._delivered: OrderedDict[str, None] = OrderedDict()
        self._undelivered: dict[str, float] = {}
        self._read_to: OrderedDict[str, float] = OrderedDict()
        """Every channel with how far it has been read; the one where somebody spoke last stands at the end."""
        self._unclear: set[str] = set()
        """Channels with messages that could not be taken in, since Slack does not say who wrote them."""
        self._brought: OrderedDict[str, None] = OrderedDict()
        """What events have brought although it could not be stored then: no sign of a deaf socket."""
        self._looked_at: dict[str, float] = {}
        self._earliest = self._newest = self._complete_until = 0.0
        self._deep = asyncio.Event()
        self._threads: dict[tuple[str, str], Taken] = {}
        """What was found in those that were read whole since a deep look was last asked for."""
        self._listed_at = self._replaced_at = -math.inf
        self._deaf = False
        self._complaint = ""

    @property
    def fault(self) -> str:
        """Why events do not come, in words for a person; empty while they do."""
        if self.sockets is not None and self.sockets.fault:
            return self.sockets.fault
        return DEAF if self._deaf else ""

    async def begin(self, longest: float, now: float) -> None:
        """Reading begins at the last message known, at most `longest` seconds before `now`; without one, about now."""
        until = await stored.known_until(self._db, PLATFORM) if self._db else None
        self._earliest = now - (CLOCKS_DIFFER_SECONDS if until is None else longest)
        self._complete_until = self._newest = now if until is None else until
        if until is not None:
            self._deep.set()

    def delivered(self, body: Json, *, stored: bool) -> None:
        """Slack has delivered this event, and it is stored; or could not be, and will have to be caught up."""
        event = map_of(body, "event")
        if text_of(event, "type") not in {"message", "app_mention"} or text_of(event, "channel_type") in {"im", "mpim"}:
            return
        channel, message = text_of(event, "channel"), map_of(event, "message") or event
        for key in keys_of(channel, message):
            _remember(self._delivered if stored else self._brought, key)
            self._undelivered.pop(key, None)
        self._deaf = False
        if stored:
            self._somebody_spoke(channel, seconds(text_of(message, "ts")))

    def look_deep(self) -> None:
        """A socket was replaced: the next look, at once, is a deep one."""
        self._undelivered.clear()
        self._threads = {}  # not emptied: what is being read just now may have been asked for before
        self._deaf = False
        self._replaced_at = time.monotonic()
        self._deep.set()

    async def catch_up(self, channel: str, thread: str) -> list[str]:
        """Take in what one thread holds that no event has brought; the ids of all its events since nothing was missed.

        A thread that a look has read meanwhile is not read again. Raises ChatError, and what the intake raises.
        """
        taken = await self._read_whole(channel, thread)
        for error in taken.unclear.values():
            raise error
        return taken.event_ids

    @property
    def _missing_since(self) -> float:
        """From when on something may have been missed."""
        return max(self._earliest, self._complete_until - OVERLAP_SECONDS)

    async def run(self) -> None:
        """Look every LOOK_SECONDS until cancelled."""
        while True:
            deep = self._deep.is_set()
            self._deep.clear()
            try:
                await self._look(deep=deep)
                self._complaint = ""
            except Exception as error:  # whatever it is (Slack away, disk full), the next look is due
                self._complain(repr(error))
                if deep:
                    await asyncio.sleep(LOOK_SECONDS)
                    self._deep.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._deep.wait()

    async def _look(self, *, deep: bool) -> None:
        began, newest = time.monotonic(), self._newest
        await self._list_channels()
        missed = 0
        for channel in list(reversed(self._read_to)) if deep else self._due():
            self._looked_at[channel] = time.monotonic()
            try:
                if await self._channels.watched(channel):
                    missed += await self._read(channel, deep=deep)
            except SlackRefused as error:  # the bot was taken out of it: no reason to leave the others unread
                log.warning("slack_channel_unread", channel=channel, error=str(error))
                del self._read_to[channel]  # until it is listed again, or somebody speaks there
        if missed:
            log.warning("slack_caught_up", messages=missed, deep=deep)
        if deep:
            self._undelivered.clear()  # it was said while nothing could be delivered
        if any(found_at < began for found_at in self._undelivered.values()):
            self._replace_deaf_socket()
        elif not (self._undelivered or self._unclear or self.fault):
            self._complete_until = newest

    def _due(self) -> list[str]:
        """The channel where somebody spoke last, then those that have not been read for longest."""
        latest_first = list(reversed(self._read_to))
        others = sorted(latest_first[1:], key=lambda channel: self._looked_at.get(channel, -math.inf))
        return latest_first[:1] + others[:OTHERS]

    async def _read(self, channel: str, *, deep: bool) -> int:
        """Take in what the channel's history has and we have not; returns how many messages and edits that were."""
        newest = self._newest
        since = self._missing_since if deep else max(self._earliest, self._read_to[channel] - OVERLAP_SECONDS)
        messages = await self._history.latest(channel, since, DEEPEST_PAGES if deep else 1)
        threads = [text_of(message, "ts") for message in messages if self._has_news(channel, message, since)]
        if deep and self._db:
            oldest = text_of(messages[-1], "ts") if messages else ""
            threads += [root for root in await stored.open_threads(self._db, PLATFORM, channel) if root < oldest]
        taken = [await self._take_in(channel, messages, since, expected=not deep)]
        for thread in threads:
            read = self._read_whole(channel, thread) if deep else self._read_thread(channel, thread, since)
            taken.append(await read)
        if any(part.unclear for part in taken):
            self._unclear.add(channel)
        else:
            self._unclear.discard(channel)
            self._read_to[channel] = newest
        return sum(part.missed for part in taken)

    async def _read_whole(self, channel: str, thread: str) -> Taken:
        """All that may have been missed there; read once, since whatever comes later comes as an event."""
        known = self._threads
        if (taken := known.get((channel, thread))) is None:
            taken = await self._read_thread(channel, thread, self._missing_since, expected=False)
            if not taken.unclear:
                known[channel, thread] = taken
        return taken

    async def _read_thread(self, channel: str, thread: str, since: float, *, expected: bool = True) -> Taken:
        messages = await self._history.replies(channel, thread, since)
        return await self._take_in(channel, messages, since, expected=expected)

    async def _take_in(self, channel: str, messages: list[Json], since: float, *, expected: bool) -> Taken:
        """What of these messages no event has brought; `expected`: one is still to bring it, or the socket is deaf."""
        told = await self._history.events(channel, messages, since)
        missed = [await self._take(found, expected=expected) for found in told.events]
        for message in messages:
            said, *edits = keys_of(channel, message)
            for key in (said, *edits) if said not in told.unclear else ():
                _remember(self._delivered, key)
        return Taken([found.event.event_id for found in told.events], sum(missed), told.unclear)

    def _has_news(self, channel: str, message: Json, since: float) -> bool:
        latest = text_of(message, "latest_reply")
        return seconds(latest) > since and f"{channel}:{latest}" not in self._delivered

    async def _take(self, found: Recounted, *, expected: bool) -> bool:
        """Take in what no event has brought; whether it was new. `delivered` sees to an event that is merely late."""
        if found.key in self._delivered:
            return False
        if expected:
            self._undelivered[found.key] = time.monotonic()
        fresh = False
        try:
            fresh = await self._intake(found.event)
        finally:
            if not fresh or found.key in self._brought:
                self._undelivered.pop(found.key, None)
        if fresh:
            self._somebody_spoke(found.event.place.channel, found.at)
            log.info("slack_message_missed", session=found.event.place.session_id, event_id=found.event.event_id)
        return fresh

    def _replace_deaf_socket(self) -> None:
        log.warning("slack_deaf", messages=len(self._undelivered))
        self._undelivered.clear()
        self._deaf = True
        if self.sockets is not None and time.monotonic() - self._replaced_at > TRUST_SECONDS:
            self.sockets.distrust(DEAF)

    async def _list_channels(self) -> None:
        if time.monotonic() - self._listed_at < LISTING_SECONDS:
            return
        spoken_in = await stored.channels(self._db, PLATFORM) if self._db else []
        try:
            listed = await self._history.channels()
        except SlackRefused as error:
            self._complain(str(error))
            listed = []
        for channel in (*listed, *reversed(spoken_in)):
            self._read_to.setdefault(channel, self._newest)
        self._listed_at = time.monotonic()

    def _somebody_spoke(self, channel: str, at: float) -> None:
        self._read_to.setdefault(channel, self._newest)
        self._read_to.move_to_end(channel)
        self._newest = max(self._newest, at)

    def _complain(self, error: str) -> None:
        if self._complaint != error:
            log.warning("slack_history_unread", error=error)
        self._complaint = error


def _remember(keys: OrderedDict[str, None], key: str) -> None:
    keys[key] = None
    keys.move_to_end(key)
    while len(keys) > REMEMBERED:
        keys.popitem(last=False)
