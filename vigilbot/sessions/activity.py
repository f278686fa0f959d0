"""Knows whether any work is under way, so that a backtest can move time exactly when everything else waits for it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Activity:
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
