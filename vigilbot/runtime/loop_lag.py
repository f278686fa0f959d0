"""How late the event loop is: whatever blocks it delays every session, and shows here first."""

from __future__ import annotations

import asyncio
import math
from collections import deque

PAUSE_SECONDS = 0.1
REMEMBERED = 600
"""Measurements: those of the last minute."""


class LoopLag:
    """Sleeps for a moment again and again, and remembers by how many milliseconds it was woken too late."""

    def __init__(self) -> None:
        self._late_ms: deque[float] = deque(maxlen=REMEMBERED)

    async def measure(self) -> None:
        """Measure until cancelled, ten times a second."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PAUSE_SECONDS
            await asyncio.sleep(PAUSE_SECONDS)
            self._late_ms.append(max(0.0, loop.time() - due) * 1000)

    def quantile(self, share: float) -> float:
        """Milliseconds that this share of the last minute's delays do not exceed: 0.5 the median, 1.0 the worst.

        0 before the first measurement.
        """
        if not self._late_ms:
            return 0.0
        return sorted(self._late_ms)[math.ceil(share * len(self._late_ms)) - 1]
