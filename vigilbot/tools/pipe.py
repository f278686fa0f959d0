"""A server on this machine, over its standard input and output, that may say only so much.

The SDK's own transport (mcp.client.stdio) reads lines of any length and any number; this one stops at an allowance.
Both speak newline-delimited JSON-RPC: modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio
import mcp_types as types
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage

from vigilbot.errors import ToolFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.client._transport import TransportStreams

    from vigilbot.tools.configuration import StdioServer

    Incoming = MemoryObjectSendStream[SessionMessage | Exception]
    Outgoing = MemoryObjectReceiveStream[SessionMessage]

ALLOWANCE = 1_000_000
"""Bytes a server may send from one request of ours to the next, line ends and log lines included."""
_CHUNK = 65_536
_EXIT_SECONDS = 1.0
_LAST_WORDS = 300


class LastWords:
    """The end of what a server printed on its error output: often the only explanation there is."""

    def __init__(self) -> None:
        self._tail = b""

    async def listen(self, stream: asyncio.StreamReader) -> None:
        while chunk := await stream.read(_CHUNK):
            self._tail = (self._tail + chunk)[-_LAST_WORDS * 4 :]

    def __str__(self) -> str:
        lines = self._tail.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip()[:_LAST_WORDS] if lines else ""


@asynccontextmanager
async def piped(
    server: StdioServer, last_words: LastWords, ended: Callable[[str], None]
) -> AsyncIterator[TransportStreams]:
    """Start the program; its process group does not outlive the block. `ended` is told why it falls silent.

    Raises ToolFailed when the program cannot be started.
    """
    process = await _started(server)
    to_us, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, from_us = anyio.create_memory_object_stream[SessionMessage](0)
    pipe = _Pipe(process, ended)
    assert process.stderr is not None  # noqa: S101 - `_started` asks for pipes
    work = [pipe.read_into(to_us), pipe.write_from(from_us), last_words.listen(process.stderr)]
    tasks = [asyncio.create_task(one, name="mcp-pipe") for one in work]
    try:
        yield incoming, outgoing
    finally:
        for task in tasks[:2]:
            task.cancel()
        with anyio.CancelScope(shield=True):
            await _stopped(process)
            await asyncio.gather(*tasks, return_exceptions=True)
            for stream in (to_us, incoming, outgoing, from_us):
                stream.close()


class _Pipe:
    def __init__(self, process: asyncio.subprocess.Process, ended: Callable[[str], None]) -> None:
        self._process = process
        self._ended = ended
        self._heard = 0

    async def read_into(self, to_us: Incoming) -> None:
        async with to_us:
            try:
                self._ended(await self._read(to_us))
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                self._ended("the connection was closed")

    async def _read(self, to_us: Incoming) -> str:
        """Returns why it ends."""
        assert self._process.stdout is not None  # noqa: S101 - `_started` asks for pipes
        line = bytearray()
        while chunk := await self._process.stdout.read(_CHUNK):
            self._heard += len(chunk)
            if self._heard > ALLOWANCE:
                return f"it sent more than {ALLOWANCE:,} bytes at once"
            *whole, rest = (line + chunk).split(b"\n")
            line = bytearray(rest)
            for one in whole:
                with suppress(ValueError):  # servers print log lines where only messages belong
                    await to_us.send(SessionMessage(types.jsonrpc_message_adapter.validate_json(one, by_name=False)))
        return "it exited"

    async def write_from(self, from_us: Outgoing) -> None:
        assert self._process.stdin is not None  # noqa: S101 - `_started` asks for pipes
        async with from_us:
            async for message in from_us:
                self._heard = 0
                data = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                self._process.stdin.write(data.encode() + b"\n")
                with suppress(ConnectionError):  # the reader notices, too, and says why
                    await self._process.stdin.drain()


async def _started(server: StdioServer) -> asyncio.subprocess.Process:
    starting = asyncio.create_task(_process_of(server), name="mcp-start")
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True), suppress(ToolFailed):
            await _stopped(await starting)  # nobody else knows of it
        raise


async def _process_of(server: StdioServer) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            server.command,
            *server.args,
            env={**get_default_environment(), **server.env},
            cwd=server.cwd,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ToolFailed(f"{server.command} cannot be started ({reason}); install it, or correct `command`") from None


async def _stopped(process: asyncio.subprocess.Process) -> None:
    """Input closed, then asked, then killed, with all it has started: the order that the specification names."""
    try:
        if process.stdin is not None:
            process.stdin.close()
        for sent in (None, signal.SIGTERM, signal.SIGKILL):
            if sent is not None:
                _signal(process, sent)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _EXIT_SECONDS)
                break
    finally:  # also for whoever has no time to wait
        _signal(process, signal.SIGKILL)  # what it left behind
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public closes unread pipes


def _signal(process: asyncio.subprocess.Process, sent: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, sent)
