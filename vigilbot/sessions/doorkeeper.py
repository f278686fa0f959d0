"""Stores what comes in, many events in one transaction: a burst waits for a few commits, not for one commit each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from vigilbot.chat.wire import changed_key, encode, message_key
from vigilbot.errors import StorageError
from vigilbot.storage import inbox

if TYPE_CHECKING:
    from vigilbot.chat.base import ChatEvent
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database

MOST_AT_ONCE = 500
CROWD = 8


class Doorkeeper:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._waiting: list[tuple[ChatEvent, asyncio.Future[bool]]] = []
        self._one_writes = asyncio.Lock()

    @property
    def is_crowded(self) -> bool:
        """Whether many events wait to be stored."""
        return len(self._waiting) >= CROWD

    async def store(self, event: ChatEvent) -> bool:
        """When this returns, the event is on disk. False when it, or the message it brings, was there already."""
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, stored))
        try:
            async with self._one_writes:
                if not stored.done():  # nobody who came earlier has taken it along
                    await self._store_waiting()
        except asyncio.CancelledError:
            self._waiting = [waiting for waiting in self._waiting if waiting[1] is not stored]
            raise
        return await stored

    async def _store_waiting(self) -> None:
        taken: list[tuple[ChatEvent, asyncio.Future[bool]]] = []
        try:
            async with self._db.transaction() as tx:
                # Only now: whoever came while the transaction was waited for comes along.
                taken, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
                new = await inbox.add(tx, [self._row(event) for event, _ in taken])
        except BaseException as error:
            reason = error if isinstance(error, Exception) else StorageError("stopped while storing an event")
            _tell(taken, reason)
            if not taken or not isinstance(error, Exception):
                raise
        else:
            _answer(taken, new)

    def _row(self, event: ChatEvent) -> inbox.Row:
        return inbox.Row(
            event_id=event.event_id,
            message_key=message_key(event),
            platform=event.place.platform,
            payload=encode(event),
            received_at=self._clock.now(),
            changes=changed_key(event),
        )


def _answer(taken: list[tuple[ChatEvent, asyncio.Future[bool]]], new: set[str]) -> None:
    for event, stored in taken:
        if not stored.done():
            stored.set_result(event.event_id in new)
        new.discard(event.event_id)  # the same event twice at once is new once


def _tell(taken: list[tuple[ChatEvent, asyncio.Future[bool]]], error: Exception) -> None:
    for _, stored in taken:
        if not stored.done():
            stored.set_exception(error)
