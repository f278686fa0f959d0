"""Stands between the workspace and the bot, as Slack's delivery does: brings an event until it is acknowledged.

The stand-in brings each event once, here; from here it goes on, signed anew, again after every failure, and every
fifth once more although it was acknowledged, since Slack does that too.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import aiohttp
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

AGAIN_SECONDS = 0.1
ACKNOWLEDGED_WITHIN = 3.0
TOLD_AGAIN = 5


class Relay:
    def __init__(self, target: str, secret: str) -> None:
        self._target = target
        self._verifier = SignatureVerifier(secret)
        self._lanes: defaultdict[str, asyncio.Queue[tuple[bytes, str]]] = defaultdict(asyncio.Queue)
        self._group: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession
        self.acknowledged = 0
        self.unacknowledged = 0
        """Events still on their way."""
        self.deliveries = 0
        """How often the bot was called, the calls that failed included."""

    @asynccontextmanager
    async def open(self, port: int) -> AsyncIterator[None]:
        """Listen where the stand-in posts its events."""
        server = web.Application(client_max_size=2**24)
        server.router.add_post("/slack/events", self._take)
        runner = web.AppRunner(server, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        timeout = aiohttp.ClientTimeout(total=ACKNOWLEDGED_WITHIN)
        async with aiohttp.ClientSession(timeout=timeout) as self._http:
            try:
                yield
            finally:
                for task in self._group:
                    task.cancel()
                await asyncio.gather(*self._group, return_exceptions=True)
                await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        thread = _thread(body, request.content_type)
        if thread not in self._lanes:
            lane = asyncio.create_task(self._serve(self._lanes[thread]), name=f"relay {thread}")
            self._group.add(lane)
        self.unacknowledged += 1
        self._lanes[thread].put_nowait((body, request.headers["Content-Type"]))
        return web.Response()

    async def _serve(self, lane: asyncio.Queue[tuple[bytes, str]]) -> None:
        """One thread's events in their order."""
        while True:
            body, kind = await lane.get()
            while not await self._deliver(body, kind):  # noqa: ASYNC110 - what is awaited is another process
                await asyncio.sleep(AGAIN_SECONDS)
            self.acknowledged += 1
            self.unacknowledged -= 1
            if self.acknowledged % TOLD_AGAIN == 0:
                await self._deliver(body, kind)

    async def _deliver(self, body: bytes, kind: str) -> bool:
        self.deliveries += 1
        stamp = str(int(time.time()))
        signature = self._verifier.generate_signature(timestamp=stamp, body=body)
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": str(signature), "Content-Type": kind}
        try:
            async with self._http.post(self._target, data=body, headers=headers) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


def _thread(body: bytes, content_type: str) -> str:
    payload: dict[str, Any] = (
        json.loads(body) if content_type == "application/json" else json.loads(parse_qs(body.decode())["payload"][0])
    )
    event = payload.get("event") or payload.get("message") or {}
    item = event.get("item") or {}
    return str(event.get("thread_ts") or item.get("ts") or event.get("ts") or "")
