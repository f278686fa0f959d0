"""A TCP relay in front of local-slack whose WebSockets can be cut, frozen, or made silently deaf.

Deaf: pings are answered, what the app sends arrives, but no event comes through any more. For that the relay reads
the server's frames (RFC 6455, section 5.2) and lets only control frames pass.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.standins.process import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from tests.standins.slack import LocalSlack

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
FIRST_CONTROL_OPCODE = 8


@dataclass
class BadWire:
    """`port` leads to the server; the address it names in its answers is changed to this one."""

    port: int
    server_port: int
    cut: bool = False
    frozen: asyncio.Event = field(default_factory=asyncio.Event)
    deaf: bool = False
    sockets: int = 0
    """How many WebSockets have been opened so far."""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.frozen.set()  # set: things move

    def cut_now(self) -> None:
        """Every WebSocket is reset, and new ones are, until `cut` is False again."""
        self.cut = True
        for writer in self._open:
            writer.transport.abort()

    def freeze(self) -> None:
        self.frozen.clear()

    def thaw(self) -> None:
        self.frozen.set()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        except OSError:
            writer.transport.abort()
            return
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            far_writer.write(head)
            if b"websocket" in head.lower():
                await self._socket((reader, writer), (far_reader, far_writer))
            else:
                await _both(_copy(reader, far_writer), self._copy_answer(far_reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()
            far_writer.transport.abort()

    async def _socket(self, near: Streams, far: Streams) -> None:
        if self.cut:
            return
        self.sockets += 1
        self._open.add(near[1])
        near[1].write(await far[0].readuntil(b"\r\n\r\n"))
        await _both(self._copy_when_moving(near[0], far[1]), self._copy_frames(far[0], near[1]))

    async def _copy_answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ours, theirs = f"127.0.0.1:{self.port}".encode(), f"127.0.0.1:{self.server_port}".encode()
        assert len(ours) == len(theirs), "lengths are announced before the answer"
        while data := await reader.read(64 * 1024):
            writer.write(data.replace(theirs, ours))
            await writer.drain()

    async def _copy_when_moving(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(64 * 1024):
            await self.frozen.wait()
            writer.write(data)

    async def _copy_frames(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            frame = await _frame(reader)
            await self.frozen.wait()
            if not self.deaf or frame[0] & 0x0F >= FIRST_CONTROL_OPCODE:
                writer.write(frame)


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """One frame as servers send them, unmasked."""
    head = await reader.readexactly(2)
    length = head[1] & 0x7F
    extended = b""
    if length >= 126:
        extended = await reader.readexactly(2 if length == 126 else 8)
        length = int.from_bytes(extended, "big")
    return head + extended + await reader.readexactly(length)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(64 * 1024):
        writer.write(data)
        await writer.drain()


async def _both(one: Awaitable[None], other: Awaitable[None]) -> None:
    """Until either side ends."""
    tasks = [asyncio.ensure_future(one), asyncio.ensure_future(other)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def bad_wire(slack: LocalSlack) -> AsyncIterator[tuple[BadWire, LocalSlack]]:
    """The relay, and the workspace as an app sees it through the relay; people keep using the straight way."""
    wire = BadWire(free_port(), urlsplit(slack.url).port or 0)
    relaying: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(wire.relay(reader, writer))
        relaying.add(task)
        task.add_done_callback(relaying.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", wire.port)
    try:
        yield wire, replace(slack, url=f"http://127.0.0.1:{wire.port}")
    finally:
        server.close()
        for task in relaying:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*relaying, return_exceptions=True)
