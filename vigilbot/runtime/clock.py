"""Time as a part one can swap: the wall clock for people, a virtual one for backtests and tests."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import Protocol


class Clock(Protocol):
    """Where every part takes its time from."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def steady(self) -> float:
        """Seconds from any beginning, which nobody sets back or forward: for measuring how long something takes."""

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock."""


class WallClock:
    """Real time."""

    def now(self) -> float:
        return time.time()

    def steady(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


BEGINNING = 1_700_000_000.0
"""Where virtual time begins: November 2023, so that dates made of it look like dates."""


class VirtualClock:
    """A clock that moves only when told to. Sleepers wake in the order of their deadlines."""

    def __init__(self, start: float = BEGINNING) -> None:
        """`start` is what it shows first, in seconds since the epoch."""
        self._now = start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        return self._now

    def steady(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), woken))
        await woken

    def next_deadline(self) -> float | None:
        """When the earliest sleeper wakes, or None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def advance_to(self, moment: float) -> None:
        """Move to `moment` and wake everybody whose deadline has come. Time never runs backwards."""
        self._now = max(self._now, moment)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
