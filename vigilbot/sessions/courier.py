"""Brings cards from the outbox to their platform: in order, exactly once, no faster than the platform allows."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import ChatError, ChatRateLimited
from vigilbot.storage import cards, sessions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.activity import Activity
    from vigilbot.chat.base import ChatPlatform
    from vigilbot.clock import Clock
    from vigilbot.models import Session
    from vigilbot.sessions.feed import Feed
    from vigilbot.storage.cards import Delivery
    from vigilbot.storage.database import Database
    from vigilbot.tasks import Tasks

log = structlog.get_logger(__name__)

ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 1.0
Channel = tuple[str, str]


class Courier:
    """One worker per channel with something to deliver; it ends when the channel's outbox is empty."""

    def __init__(
        self,
        db: Database,
        platforms: Mapping[str, ChatPlatform],
        clock: Clock,
        tasks: Tasks,
        feed: Feed,
        activity: Activity,
    ) -> None:
        self._db = db
        self._platforms = platforms
        self._clock = clock
        self._tasks = tasks
        self._feed = feed
        self._activity = activity
        self._waiting: dict[Channel, asyncio.Queue[Delivery]] = {}
        self._known: set[str] = set()

    async def collect(self) -> None:
        """Take over everything undelivered, also what an earlier process left behind."""
        for delivery in await cards.undelivered(self._db):
            if delivery.id not in self._known:
                self._known.add(delivery.id)
                session = await sessions.get(self._db, delivery.session_id)
                self._enqueue((session.platform, session.channel), delivery)

    def _enqueue(self, channel: Channel, delivery: Delivery) -> None:
        if channel not in self._waiting:
            self._waiting[channel] = asyncio.Queue()
            serving = self._activity.tracked(self._serve(channel))
            self._tasks.spawn(serving, name=f"courier {'/'.join(channel)}")
        self._waiting[channel].put_nowait(delivery)

    async def _serve(self, channel: Channel) -> None:
        queue = self._waiting[channel]
        try:
            while not queue.empty():
                delivery = queue.get_nowait()
                await self._deliver(delivery)
                self._known.discard(delivery.id)
                if interval := self._platforms[channel[0]].post_interval:
                    await self._pause(interval)
        finally:
            # No await between the last look at the queue and this: nothing can slip in unserved.
            del self._waiting[channel]
            self._known -= {queue.get_nowait().id for _ in range(queue.qsize())}

    async def _deliver(self, delivery: Delivery) -> None:
        session = await sessions.get(self._db, delivery.session_id)
        failures = 0
        while failures < ATTEMPTS:
            try:
                await self._bring(delivery, session)
            except ChatRateLimited as error:
                await self._pause(error.retry_after)
            except ChatError as error:
                failures += 1
                await self._failed(delivery, failures, error)
                await self._pause(FIRST_PAUSE_SECONDS * 2 ** (failures - 1))
            else:
                break
        self._feed.publish(session.id)

    async def _failed(self, delivery: Delivery, failures: int, error: ChatError) -> None:
        given_up_at = self._clock.now() if failures == ATTEMPTS else None
        async with self._db.transaction() as tx:
            await cards.delivery_failed(tx, delivery.id, str(error), given_up_at)
        log.warning("delivery_failed", session=delivery.session_id, failures=failures, error=str(error))

    async def _bring(self, delivery: Delivery, session: Session) -> None:
        platform = self._platforms[session.platform]
        card = await cards.get(self._db, delivery.card_id)
        if delivery.kind == "update":
            if card.posted_ref is not None:
                await platform.update_card(session, card)
            await self._done(delivery, None)
            return
        # A delivery that was tried before may have arrived without our hearing of it: look before posting again.
        found = await platform.find_posted(session, delivery.id) if await self._tried(delivery) else None
        await self._done(delivery, found or await platform.post_card(session, card, delivery.id))

    async def _tried(self, delivery: Delivery) -> bool:
        async with self._db.transaction() as tx:
            return await cards.delivery_tried(tx, delivery.id) > 1

    async def _done(self, delivery: Delivery, posted_ref: str | None) -> None:
        async with self._db.transaction() as tx:
            await cards.delivery_done(tx, delivery, posted_ref, self._clock.now())

    async def _pause(self, seconds: float) -> None:
        with self._activity.paused():
            await self._clock.sleep(seconds)
