"""The peer: a Bolt app as tutorials have it. It acknowledges, then works; what it knows is in its memory."""

from __future__ import annotations

import asyncio
import os
import re
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from vigilbot.runtime import failpoints

THINKING_SECONDS = 0.3
"""About what a question costs our own bot without a model, so that both are hit in the midst of it."""


def main() -> None:
    client = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    app = AsyncApp(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])
    app.message(re.compile(r"\?$"))(_answer)
    for other in ("message", "app_mention", "reaction_added"):
        app.event(other)(_heard)  # what no listener takes, Bolt refuses, and Slack brings it again

    async def events(request: web.Request) -> web.Response:
        response = await app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(response)

    async def alive(request: web.Request) -> web.Response:  # noqa: ARG001 - aiohttp's signature
        return web.Response(text="alive")

    server = web.Application()
    server.router.add_post("/slack/events", events)
    server.router.add_get("/livez", alive)
    web.run_app(server, host="127.0.0.1", port=int(os.environ["VIGIL_PORT"]), print=None)


async def _heard() -> None:
    """Acknowledged, and of no interest."""


async def _answer(message: dict[str, Any], client: AsyncWebClient) -> None:
    await asyncio.sleep(THINKING_SECONDS)
    failpoints.reached("turn decided")
    thread = message.get("thread_ts") or message["ts"]
    await client.chat_postMessage(channel=message["channel"], thread_ts=thread, text=f"Answer to {message['ts']}")


if __name__ == "__main__":
    main()
