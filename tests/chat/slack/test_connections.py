"""Over which connections Slack is asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.test_utils import TestServer

from vigilbot.chat.slack import api
from vigilbot.chat.slack.api import SlackApi

if TYPE_CHECKING:
    import pytest


async def test_one_that_has_idled_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack may be closing it just then, and nobody could say whether a card was posted."""
    monkeypatch.setattr(api, "IDLE_SECONDS", 0.2)
    peers: list[object] = []

    async def answer(request: web.Request) -> web.Response:
        assert request.transport
        peers.append(request.transport.get_extra_info("peername"))
        return web.json_response({"ok": True})

    app = web.Application()
    app.router.add_post("/api/auth.test", answer)
    async with TestServer(app) as server:
        slack = SlackApi("xoxb-test", str(server.make_url("/api/")))
        for _ in range(2):
            await slack.call("auth.test")
            await asyncio.sleep(0.3)
        await slack.close()
    assert len(set(peers)) == 2
