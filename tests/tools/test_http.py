"""A server over HTTP may say only so much, also once it is unpacked."""

from __future__ import annotations

import asyncio
import gzip

import httpx2
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from vigilbot.tools import http
from vigilbot.tools.http import _Limited
from vigilbot.tools.pipe import ALLOWANCE


async def asked(body: bytes, headers: dict[str, str]) -> bytes:
    """What the client that MCP is spoken over makes of this answer."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=body, headers=headers)

    app = web.Application()
    app.router.add_get("/", answer)
    async with TestServer(app) as server, httpx2.AsyncClient(transport=_Limited()) as client:
        return (await client.get(str(server.make_url("/")))).content


async def test_as_much_as_is_allowed_is_read() -> None:
    assert await asked(b"x" * ALLOWANCE, {}) == b"x" * ALLOWANCE


async def test_more_is_not() -> None:
    with pytest.raises(httpx2.ReadError, match="more than 1,000,000 bytes"):
        await asked(b"x" * (ALLOWANCE + 1), {})


async def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(httpx2.ReadError, match="packed"):
        await asked(gzip.compress(bytes(200 * ALLOWANCE)), {"Content-Encoding": "gzip"})


async def test_a_connection_that_has_idled_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_IDLE_SECONDS", 0.2)
    peers: list[object] = []

    async def answer(request: web.Request) -> web.Response:
        assert request.transport
        peers.append(request.transport.get_extra_info("peername"))
        return web.Response()

    app = web.Application()
    app.router.add_get("/", answer)
    async with TestServer(app) as server, httpx2.AsyncClient(transport=_Limited()) as client:
        for _ in range(2):
            await client.get(str(server.make_url("/")))
            await asyncio.sleep(0.3)
    assert len(set(peers)) == 2
