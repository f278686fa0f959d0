"""Empties the outbox: in order per channel, exactly once, no faster than the platform allows, for as long as it takes.

Whatever fails for now (no connection, HTTP 5xx, our own database) is tried again, later each time; only what the
platform refuses, or what breaks our own code, is given up after ATTEMPTS.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import ChatError, ChatRateLimited, ChatRefused, ChatUnsure, NotFound, StorageError
from vigilbot.runtime.failpoints import reached
from vigilbot.storage import outbox, sessions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.chat.base import ChatPlatform
    from vigilbot.models import Session
    from vigilbot.runtime.activity import Activity
    from vigilbot.runtime.clock import Clock
    from vigilbot.runtime.tasks import Tasks
    from vigilbot.sessions.carriers import Carrier
    from vigilbot.sessions.feed import Feed
    from vigilbot.storage.database import Database
    from vigilbot.storage.outbox import Delivery

log = structlog.get_logger(__name__)

ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
Channel = tuple[str, str]


class Courier:
    """One worker per channel with something to deliver; it ends when the channel's outbox is empty."""

    def __init__(
        self,
        db: Database,
        platforms: Mapping[str, ChatPlatform],
        carriers: Mapping[str, Carrier],
        clock: Clock,
        tasks: Tasks,
        feed: Feed,
        activity: Activity,
    ) -> None:
        self._db = db
        self._platforms = platforms
        self._carriers = carriers
        self._clock = clock
        self._tasks = tasks
        self._feed = feed
        self._activity = activity
        self._collected = 0
        self._collecting = asyncio.Lock()
        self._waiting: dict[Channel, asyncio.Queue[str]] = {}
        self._called: dict[Channel, float] = {}
        """When a channel was last called; an entry lives while its worker does."""

    async def collect(self) -> None:
        """Take over everything that was ordered since the last time; the first time, what an earlier process left."""
        async with self._collecting:
            if not self._collected:  # at the pace that process would have kept
                slowest = max(platform.post_interval for platform in self._platforms.values())
                self._called |= await outbox.last_calls(self._db, self._clock.now() - slowest)
            for delivery in await outbox.undelivered(self._db, self._collected):
                session = await sessions.get(self._db, delivery.session_id)
                if session.platform in self._platforms:  # the others wait for a start that serves theirs
                    self._enqueue((session.platform, delivery.channel or session.channel), delivery.id)
                self._collected = delivery.seq

    def _enqueue(self, channel: Channel, delivery_id: str) -> None:
        if channel not in self._waiting:
            self._waiting[channel] = asyncio.Queue()
            serving = self._activity.tracked(self._serve(channel))
            self._tasks.spawn(serving, name=f"courier {'/'.join(channel)}")
        self._waiting[channel].put_nowait(delivery_id)

    async def _serve(self, channel: Channel) -> None:
        queue = self._waiting[channel]
        while not queue.empty():
            await self._deliver(queue.get_nowait(), channel)
            await self._keep_pace(channel)
        # No await between the last look at the queue and this: nothing can slip in unserved.
        del self._waiting[channel]
        self._called.pop(channel, None)

    async def _keep_pace(self, channel: Channel) -> None:
        """Wait until the channel may be called again."""
        interval = self._platforms[channel[0]].post_interval
        left = self._called.get(channel, float("-inf")) + interval - self._clock.now()
        if (wait := min(left, interval)) > 0:  # never longer: a clock that was set back must not stop the post
            await self._pause(wait)

    async def _deliver(self, delivery_id: str, channel: Channel) -> None:
        failures = refusals = 0
        while True:
            try:
                await self._bring(delivery_id, channel)
            except ChatRateLimited as error:
                await self._pause(error.retry_after)
            except NotFound:
                return  # forgotten between two looks
            except Exception as error:
                failures += 1
                refusals += isinstance(error, ChatRefused) or not isinstance(error, ChatError | StorageError)
                await self._failed(delivery_id, failures, error, given_up=refusals == ATTEMPTS)
                await self._pause(min(FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 10), LONGEST_PAUSE_SECONDS))
            else:
                return

    async def _bring(self, delivery_id: str, channel: Channel) -> None:
        delivery = await outbox.waiting(self._db, delivery_id)
        if delivery is None:
            return
        session = await sessions.get(self._db, delivery.session_id)
        carrier = self._carriers[delivery.kind]
        # What was tried before may have arrived without our hearing of it: look before posting again.
        reference = await carrier.find(delivery, session) if delivery.tried else None
        if reference is None:
            await self._keep_pace(channel)
            if await carrier.wanted(delivery):
                reference = await self._call(carrier, delivery, session, channel)
        async with self._db.transaction() as tx:
            await outbox.done(tx, delivery.id, self._clock.now())
            if reference is not None:
                await carrier.arrived(tx, delivery, reference)
        reached("delivery recorded")
        self._feed.publish(session.id)
        if reference is None:
            await self.collect()  # whoever did not want it may have ordered something else in its place

    async def _call(self, carrier: Carrier, delivery: Delivery, session: Session, channel: Channel) -> str:
        self._called[channel] = self._clock.now()
        async with self._db.transaction() as tx:
            await outbox.begin(tx, delivery.id, self._called[channel])
        reached("delivery begun")
        try:
            reference = await carrier.bring(delivery, session)
        except ChatRateLimited:
            async with self._db.transaction() as tx:
                await outbox.put_off(tx, delivery.id)
            raise
        reached("delivery accepted")
        return reference

    async def _failed(self, delivery_id: str, failures: int, error: Exception, *, given_up: bool) -> None:
        ours = None if isinstance(error, ChatError | StorageError) else error
        said = repr(error) if ours else str(error)
        log.warning(
            "delivery_failed", delivery=delivery_id, failures=failures, given_up=given_up, error=said, exc_info=ours
        )
        try:
            async with self._db.transaction() as tx:
                if given_up:
                    await outbox.done(tx, delivery_id, self._clock.now(), said)
                else:
                    await outbox.failed(tx, delivery_id, said, in_doubt=isinstance(error, ChatUnsure | StorageError))
        except Exception as fault:  # the database itself fails: the delivery stays as it is, and is tried again
            log.warning("delivery_not_noted", delivery=delivery_id, error=repr(fault))

    async def _pause(self, seconds: float) -> None:
        with self._activity.paused():
            await self._clock.sleep(seconds)
