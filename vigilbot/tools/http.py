"""A server over streamable HTTP, that may say only so much. Redirects stay within its origin: the SDK sees to that."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx2
from mcp.client.streamable_http import streamable_http_client

from vigilbot.tools.pipe import ALLOWANCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mcp.client._transport import TransportStreams

    from vigilbot.tools.configuration import HttpServer

_CONNECT_SECONDS = 5.0
_UNPACKED = {"Accept-Encoding": "identity"}
_SILENCE_SECONDS = 300.0
"""A server may hold an event stream open without saying anything."""
_IDLE_SECONDS = 2.0
"""A connection that was idle for longer is not used again: Node and uvicorn close it after five seconds, maybe just
then, and a call that fails puts the server aside. httpx2 waits five as well."""


@asynccontextmanager
async def over_http(server: HttpServer) -> AsyncIterator[TransportStreams]:
    """Streams to the server. What it sends beyond ALLOWANCE in one response breaks that response off."""
    timeout = httpx2.Timeout(_CONNECT_SECONDS, read=_SILENCE_SECONDS)
    async with (
        httpx2.AsyncClient(
            headers=_UNPACKED | server.headers, timeout=timeout, transport=_Limited(), trust_env=False
        ) as client,
        streamable_http_client(server.url, http_client=client, max_sse_event_size=ALLOWANCE) as streams,
    ):
        yield streams


class _Limited(httpx2.AsyncBaseTransport):
    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport(limits=httpx2.Limits(keepalive_expiry=_IDLE_SECONDS))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            await response.aclose()  # what is counted is what arrives; unpacked it could be a thousand times that
            raise httpx2.ReadError("it packed its answer, which nobody asked for")
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - as every asynchronous transport
        response.stream = _Counted(response.stream)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        heard = 0
        async for chunk in self._inner:
            heard += len(chunk)
            if heard > ALLOWANCE:
                raise httpx2.ReadError(f"it sent more than {ALLOWANCE:,} bytes at once")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
