"""While the database cannot be written (disk full, locked), work waits for it instead of being lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import structlog

from vigilbot.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.runtime.activity import Activity
    from vigilbot.runtime.clock import Clock

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0

T = TypeVar("T")


async def until_stored(work: Callable[[], Awaitable[T]], clock: Clock, activity: Activity) -> T:
    """Do it, again and again while it raises StorageError: for work that leaves nothing behind when it fails."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await work()
        except StorageError as error:
            log.warning("waiting_for_storage", pause=pause, error=str(error))
            with activity.paused():
                await clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
