"""Socket Mode: one WebSocket that Slack pushes events through; each is acknowledged after Bolt has answered 200."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from slack_bolt.adapter.socket_mode.async_base_handler import AsyncBaseSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from vigilbot.chat.slack.api import vendor_log
from vigilbot.errors import ChatError

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp
    from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

    from vigilbot.chat.slack.api import SlackApi

CONNECT_SECONDS = 15.0
PING_SECONDS = 5.0
"""A ping goes out when nothing has come in for so long; half of it later aiohttp takes the connection for dead."""


class Socket:
    """One connection. It does not mend itself: `fault` says when it has to be replaced (line.py does that)."""

    def __init__(self, handler: _Handler) -> None:
        self._handler = handler

    @classmethod
    async def connect(cls, app: AsyncApp, api: SlackApi, app_token: str) -> Socket:
        """Raises ChatError when the token is refused or no connection comes about in CONNECT_SECONDS."""
        # slack_sdk would try a refused token for ever; so the address is asked for here, where a refusal shows.
        url = await api.socket_url(app_token)
        client = _Client(app_token, logger=vendor_log, web_client=api.client, ping_interval=PING_SECONDS)
        client.proxy = api.client.proxy
        client.wss_uri = url
        socket = cls(_Handler(app, app_token, client))
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await client.connect()  # type: ignore[no-untyped-call]  # slack_sdk ships it untyped
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

    @property
    def fault(self) -> str:
        """Why nothing more will come over it, in a few words; empty while it is good."""
        client = self._handler.client
        if client.asked_to_leave:
            return "Slack asked for another connection"
        if client.current_session is None or client.current_session.closed:
            return "the connection is gone"
        if any(task is None or task.done() for task in (client.message_receiver, client.message_processor)):
            return "nobody reads from the connection"
        return ""

    async def close(self, seconds: float) -> None:
        """Let what is being handled be acknowledged for up to `seconds`, disconnect, and leave no task behind."""
        client = self._handler.client
        if self._handler.handling:
            await asyncio.wait(self._handler.handling, timeout=seconds)
        await client.close()  # type: ignore[no-untyped-call]  # slack_sdk ships it untyped
        tasks = [client.message_processor, client.current_session_monitor, client.message_receiver]
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)


class _Client(SocketModeClient):
    """slack_sdk's, without its own way of reconnecting: that one retries a used-up address for ever, unnoticed."""

    asked_to_leave = False

    def __init__(self, app_token: str, **options: object) -> None:
        super().__init__(app_token, auto_reconnect_enabled=False, **options)  # type: ignore[arg-type]  # passed on as given

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: ARG002  # slack_sdk's signature
        """Called by slack_sdk for Slack's `disconnect` frames."""
        self.asked_to_leave = True


class _Handler(AsyncBaseSocketModeHandler):
    """Bolt's adapter; it knows what it is handling, while slack_sdk keeps none of the tasks it starts."""

    client: _Client

    def __init__(self, app: AsyncApp, app_token: str, client: _Client) -> None:
        self.app = app
        self.app_token = app_token
        self.client = client
        self.client.socket_mode_request_listeners.append(self.handle)
        self.handling: set[asyncio.Task[object]] = set()

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        task = asyncio.current_task()
        if task is not None:
            self.handling.add(task)
            task.add_done_callback(self.handling.discard)
        started = asyncio.get_running_loop().time()
        answer = await run_async_bolt_app(self.app, req)  # type: ignore[arg-type]  # Bolt annotates its own App here
        await send_async_response(client, req, answer, started)
