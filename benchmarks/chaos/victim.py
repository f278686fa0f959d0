"""The process that is killed: one life after another, from the fork server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from benchmarks.chaos.zygote import POINT, REACHED_TIMES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vigilbot.runtime.failpoints import Point

OPEN_SECONDS = 60.0


@dataclass
class Life:
    """One process, from fork to end."""

    pid: int
    ended: asyncio.Future[int]
    """Its exit code; −9 when it was killed."""

    async def until(self, seconds: float) -> bool:
        """Wait so long; True when it has died meanwhile."""
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self.ended), seconds)
        return self.ended.done()

    async def end(self, with_signal: signal.Signals = signal.SIGKILL) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, with_signal)
        await self.ended


class Victim:
    def __init__(
        self, orders: asyncio.StreamWriter, answers: asyncio.StreamReader, environment: dict[str, str]
    ) -> None:
        self._orders = orders
        self._answers = answers
        self._environment = environment

    async def born(self, point: Point | None = None, times: int = 1) -> Life:
        """Start a life; it kills itself when it reaches `point` for the nth time."""
        mortal = {POINT: point, REACHED_TIMES: str(times)} if point else {}
        self._orders.write(json.dumps({**self._environment, **mortal}).encode() + b"\n")
        pid = (await self._told())["pid"]
        ended: asyncio.Future[int] = asyncio.ensure_future(self._end())
        return Life(pid, ended)

    async def opens(self, life: Life, probe: str = "livez") -> bool:
        """Wait until its doors are open (or with `readyz`, until it can answer); False when it died before."""
        deadline = time.monotonic() + OPEN_SECONDS
        address = f"http://127.0.0.1:{self._environment['VIGIL_PORT']}/{probe}"
        async with aiohttp.ClientSession() as http:
            while time.monotonic() < deadline and not life.ended.done():
                with suppress(aiohttp.ClientError, OSError):
                    async with http.get(address) as response:
                        if response.status == 200:
                            return True
                await asyncio.sleep(0.02)
        return False

    async def _end(self) -> int:
        return (await self._told())["ended"]

    async def _told(self) -> dict[str, int]:
        line = await self._answers.readline()
        if not line:
            raise RuntimeError("the fork server has died; what it said is above")
        told: dict[str, int] = json.loads(line)
        return told


@asynccontextmanager
async def victim(program: str, environment: dict[str, str]) -> AsyncIterator[Victim]:
    """A fork server for `program` (zygote.PROGRAMS) while the block runs; end every life before."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.chaos.zygote", program),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if server.stdin is None or server.stdout is None:
        raise RuntimeError("the fork server has no pipes")
    try:
        yield Victim(server.stdin, server.stdout, {**os.environ, "HF_HUB_OFFLINE": "1", **environment})
    finally:
        with suppress(ProcessLookupError):
            server.kill()
        await server.wait()
