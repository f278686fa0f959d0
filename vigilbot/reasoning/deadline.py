"""How long whoever asks will wait: set around a thinking task, read where its model is asked, like a deadline in Go."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_GRACE_SECONDS = 0.25
"""Who is asked should give up by itself, and say so in the accounts; only then is it cut off."""

_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Nothing in this block, nor in tasks it starts, has longer. Raises TimeoutError when that is not kept."""
    outer = _deadline.get()
    token = _deadline.set(min(outer, time.monotonic() + seconds))
    try:
        async with asyncio.timeout(seconds + _GRACE_SECONDS):
            yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float:
    """Until whoever asks stops waiting; infinite when nobody has said."""
    return max(0.0, _deadline.get() - time.monotonic())
