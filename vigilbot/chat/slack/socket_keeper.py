"""Keeps one good socket to Slack: the next one is opened when the present one fails."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import ChatError, ChatRateLimited
from vigilbot.runtime.tasks import survived

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.chat.slack.socket import Socket
    from vigilbot.runtime.tasks import Tasks

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
SHORT_LIFE_SECONDS = 10.0
"""A socket that lasts no longer counts as a failure too, or a server that hangs up would be knocked at for ever."""
LAST_WORDS_SECONDS = 5.0
"""For what the old socket is still handling, to be acknowledged over it."""


class SocketKeeper:
    """`replaced` is called after each change of socket: what was said in between has to be caught up."""

    def __init__(self, connect: Callable[[], Awaitable[Socket]], replaced: Callable[[], None], tasks: Tasks) -> None:
        self._connect = connect
        self._replaced = replaced
        self._tasks = tasks
        self._socket: Socket | None = None
        self._opened_at = 0.0
        self._failures = 0
        self._complaint = ""
        self.fault = ""
        """Why events do not come just now; empty while the socket is good."""

    async def open(self) -> None:
        """Open the first socket. Raises ChatError when it does not come about."""
        self._socket, self._opened_at = await self._connect(), time.monotonic()

    def distrust(self, why: str) -> None:
        """Have a socket replaced that looks alive and is not; `why` is for people."""
        self._complaint = why

    async def run(self) -> None:
        """Watch the socket, and replace it when it fails, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._socket is not None and (fault := self._complaint or self._socket.fault):
                self.fault = fault
                with survived("replacing the slack socket"):
                    await self._try_to_replace(self._socket, fault)

    async def close(self, seconds: float) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close(seconds)

    async def _try_to_replace(self, old: Socket, fault: str) -> None:
        try:
            # The next one first: Slack sends over it as soon as it is there, and nothing falls between the two.
            self._socket = await self._connect()
        except ChatError as error:
            await self._failed(error)
            return
        lived = time.monotonic() - self._opened_at
        self._opened_at = time.monotonic()
        self._complaint = self.fault = ""
        log.warning("slack_reconnected", because=fault, lived=round(lived))
        self._tasks.spawn(old.close(LAST_WORDS_SECONDS), name="old slack socket")
        self._replaced()
        if lived < SHORT_LIFE_SECONDS:
            await self._failed(ChatError(f"a socket lasted {lived:.0f} s"))
        else:
            self._failures = 0

    async def _failed(self, error: ChatError) -> None:
        self._failures += 1
        pause = _pause(self._failures, error)
        log.warning("slack_socket_bad", failures=self._failures, pause=round(pause, 1), error=str(error))
        await asyncio.sleep(pause)


def _pause(failures: int, error: ChatError) -> float:
    """Seconds, doubling, spread so that many bots do not come back at one moment."""
    if isinstance(error, ChatRateLimited):
        return error.retry_after
    pause: float = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (failures - 1))
    return pause * random.uniform(0.5, 1.0)  # noqa: S311  # spread, not secrecy
