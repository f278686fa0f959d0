"""Knows whether any work is under way, so that a backtest can move time exactly when everything else waits for it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from vigilbot.runtime.clock import VirtualClock


class Activity:
    """Counts the pieces of work under way; `quiet` returns whenever there are none."""

    def __init__(self) -> None:
        self._count = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    def begin(self) -> None:
        self._count += 1
        self._quiet.clear()

    def end(self) -> None:
        self._count -= 1
        if self._count == 0:
            self._quiet.set()

    @contextmanager
    def busy(self) -> Iterator[None]:
        self.begin()
        try:
            yield
        finally:
            self.end()

    def tracked(self, work: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None]:
        """The same work, counted from now on: also while its task has not begun yet."""
        self.begin()
        return self._ending(work)

    async def _ending(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self.end()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within busy work: while the block runs, only time is being waited for."""
        self.end()
        try:
            yield
        finally:
            self.begin()

    async def quiet(self) -> None:
        """Return when nothing is under way but waiting for time."""
        await self._quiet.wait()


async def let_pass(seconds: float, clock: VirtualClock, activity: Activity) -> None:
    """Let virtual time pass; at each moment at which somebody wakes, wait until all of that work is done."""
    until = clock.now() + seconds
    await asyncio.sleep(0)  # whoever was just started begins to work, and counts as busy
    await activity.quiet()
    while (deadline := clock.next_deadline()) is not None and deadline <= until:
        clock.advance_to(deadline)
        await asyncio.sleep(0)  # the same for whoever was woken
        await activity.quiet()
    clock.advance_to(until)
