"""The bot as people run it: `vigilbot run` in a process of its own, talked to through the console's API."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.standins.process import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

Json = dict[str, Any]
START_SECONDS = 60.0
PATIENCE_SECONDS = 30.0


@dataclass
class Bot:
    process: asyncio.subprocess.Process
    http: aiohttp.ClientSession
    log: Path

    async def probe(self, path: str = "/readyz") -> tuple[int, Json]:
        async with self.http.get(path) as response:
            return response.status, await response.json()

    async def until(self, wanted: Callable[[Json], bool], seconds: float = PATIENCE_SECONDS) -> float:
        """Seconds until /readyz says so."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            with suppress(aiohttp.ClientError):
                if wanted((await self.probe())[1]):
                    return time.monotonic() - began
            await asyncio.sleep(0.1)
        raise AssertionError(f"after {seconds} s: {await self.probe()}\n{self.log.read_text('utf-8')[-2000:]}")

    async def room(self, title: str = "A question") -> str:
        """A session that an analyst has joined."""
        status, made = await self.post("/api/sessions", {"title": title})
        assert status == 201, made
        room = str(made["id"])
        status, _ = await self.say(room, "analyst", "hello, one moment")
        assert status < 300
        return room

    async def say(self, room: str, role: str, text: str) -> tuple[int, Json]:
        return await self.post(f"/api/sessions/{room}/messages", {"author": role, "role": role, "text": text})

    async def post(self, path: str, body: Json) -> tuple[int, Json]:
        async with self.http.post(path, json=body) as response:
            return response.status, await response.json()

    async def view(self, room: str) -> Json:
        async with self.http.get(f"/api/sessions/{room}") as response:
            view: Json = await response.json()
            return view

    async def outcomes(self, room: str, count: int, seconds: float = PATIENCE_SECONDS) -> list[str]:
        """The outcomes of the room's turns once so many have ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            outcomes = [turn["outcome"] for turn in (await self.view(room))["turns"]]
            if len(outcomes) == count and all(outcomes):
                return outcomes
            await asyncio.sleep(0.1)
        raise AssertionError(f"{outcomes}\n{self.log.read_text('utf-8')[-2000:]}")


@asynccontextmanager
async def running_bot(
    folder: Path, *, prefix: Sequence[str] = (), ready: bool = True, **settings: str
) -> AsyncIterator[Bot]:
    """`vigilbot run` on `folder`; `prefix` goes before the command. What it prints is kept beside the folder."""
    port, log = free_port(), folder.parent / f"{folder.name}.log"
    environment = {**os.environ, "VIGIL_DATA_DIR": str(folder), "VIGIL_PORT": str(port), "VIGIL_QUIET_WINDOW": "0.1"}
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(*prefix, sys.executable, "-m", "vigilbot", "run"),
            env={**environment, "HF_HUB_OFFLINE": "1", **settings},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        bot = Bot(process, http, log)
        try:
            if ready:
                await bot.until(lambda state: bool(state["ready"]), START_SECONDS)
            yield bot
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def printed(bot: Bot) -> list[Json]:
    """The lines of the log, each as the fields it holds."""
    return [json.loads(line) for line in bot.log.read_text("utf-8").splitlines() if line.startswith("{")]
