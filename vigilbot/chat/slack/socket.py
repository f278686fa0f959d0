"""Socket Mode: one WebSocket that Slack pushes events through; each is acknowledged after Bolt has answered 200."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler

from vigilbot.chat.slack.api import vendor_log
from vigilbot.errors import ChatError

if TYPE_CHECKING:
    from logging import Logger

    from slack_bolt.async_app import AsyncApp
    from slack_sdk.socket_mode.aiohttp import SocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

    from vigilbot.chat.slack.api import SlackApi

CONNECT_SECONDS = 15.0


class Socket:
    """Reconnects by itself (slack_sdk pings, and follows Slack's `disconnect` frames) until it is closed."""

    def __init__(self, handler: _Handler) -> None:
        self._handler = handler

    @classmethod
    async def connect(cls, app: AsyncApp, api: SlackApi, app_token: str) -> Socket:
        """Raises ChatError when the token is refused or no connection comes about in CONNECT_SECONDS."""
        # slack_sdk would try a refused token for ever; so the address is asked for here, where a refusal shows.
        url = await api.socket_url(app_token)
        handler = _Handler(app, app_token, logger=vendor_log)
        handler.client.proxy = api.client.proxy
        handler.client.wss_uri = url
        socket = cls(handler)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await handler.client.connect()  # type: ignore[no-untyped-call]  # slack_sdk ships it untyped
        except TimeoutError:
            await socket.close(0)
            raise ChatError(
                f"Slack Socket Mode did not connect within {CONNECT_SECONDS:.0f} s: does a firewall or proxy let "
                "WebSockets (wss://) out? HTTP mode with SLACK_SIGNING_SECRET needs none"
            ) from None
        except BaseException:
            await socket.close(0)
            raise
        return socket

    async def close(self, seconds: float) -> None:
        """Let what is being handled be acknowledged for up to `seconds`, disconnect, and leave no task behind."""
        client = self._handler.client
        if self._handler.handling:
            await asyncio.wait(self._handler.handling, timeout=seconds)
        await client.close()  # type: ignore[no-untyped-call]  # slack_sdk ships it untyped
        tasks = [client.message_processor, client.current_session_monitor, client.message_receiver]
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)


class _Handler(AsyncSocketModeHandler):
    """Knows what it is handling; slack_sdk starts a task for each envelope and keeps none of them."""

    def __init__(self, app: AsyncApp, app_token: str, logger: Logger) -> None:
        super().__init__(app, app_token, logger=logger)
        self.handling: set[asyncio.Task[object]] = set()

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # as Bolt itself narrows it
        task = asyncio.current_task()
        if task is not None:
            self.handling.add(task)
            task.add_done_callback(self.handling.discard)
        await super().handle(client, req)
