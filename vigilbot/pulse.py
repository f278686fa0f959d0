"""How late the event loop is: whatever blocks it delays everything, and shows here first."""

from __future__ import annotations

import asyncio
import math
from collections import deque

BEAT_SECONDS = 0.1
REMEMBERED = 600
"""Beats: the last minute."""


class Pulse:
    """Milliseconds by which beats of the last minute came late."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=REMEMBERED)

    async def beat(self) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            self._late.append(max(0.0, loop.time() - due) * 1000)

    def lag(self, share: float) -> float:
        """At least this share of the beats came no later; 1.0 is the worst. 0 before the first beat."""
        if not self._late:
            return 0.0
        return sorted(self._late)[math.ceil(share * len(self._late)) - 1]
