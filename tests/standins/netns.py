"""Run a server in a network namespace of its own, reachable only through the sockets named here.

local-slack listens on every interface and has no flag against it; in a namespace there is only one interface, a
loopback nobody else sees. Unix sockets live in the file system and cross the border, so each let-through port is a
relay: outside TCP port ↔ Unix socket ↔ the same TCP port inside.

As a program (inside, started through `unshare`): `netns.py IN:PORT=SOCKET … OUT:PORT=SOCKET … -- COMMAND …`.
`IN` ports lead to the command's server; on `OUT` ports the command reaches a server outside.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence


@asynccontextmanager
async def let_through(folder: Path, inward: int, outward: Sequence[int]) -> AsyncIterator[list[str]]:
    """The outside half of the relays, and what to put before the command to run it inside.

    `inward`: the loopback port, outside and inside, of the command's server. `outward`: ports of servers outside.
    """
    door = folder / f"in-{inward}.sock"
    words = [f"IN:{inward}={door}"]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(relay_tcp(inward, lambda: asyncio.open_unix_connection(door)))
        for port in outward:
            exit_door = folder / f"out-{port}.sock"
            words.append(f"OUT:{port}={exit_door}")
            await stack.enter_async_context(relay_unix(exit_door, port))
        yield ["unshare", "-rn", sys.executable, __file__, *words, "--"]


@asynccontextmanager
async def relay_tcp(port: int, connect: Callable[[], Awaitable[Streams]]) -> AsyncIterator[None]:
    """Whatever comes to the loopback port goes on to `connect`."""
    pairs = Pairs(connect)
    async with await asyncio.start_server(pairs.accept, "127.0.0.1", port):
        yield
        await pairs.cut()


@asynccontextmanager
async def relay_unix(path: Path, port: int) -> AsyncIterator[None]:
    """Whatever comes to the Unix socket goes on to the loopback port."""
    pairs = Pairs(lambda: asyncio.open_connection("127.0.0.1", port))
    async with await asyncio.start_unix_server(pairs.accept, path):
        yield
        await pairs.cut()


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Pairs:
    """Two connections tied together, byte for byte, until either ends."""

    def __init__(self, connect: Callable[[], Awaitable[Streams]]) -> None:
        self._connect = connect
        self._open: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._tie(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def cut(self) -> None:
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _tie(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        try:
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            writer.transport.abort()
            far_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def _inside(words: Sequence[str], command: Sequence[str]) -> int:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)  # noqa: ASYNC221  # nothing else runs yet
    async with AsyncExitStack() as stack:
        for word in words:
            direction, _, rest = word.partition(":")
            port, _, path = rest.partition("=")
            if direction == "IN":
                await stack.enter_async_context(relay_unix(Path(path), int(port)))
            else:
                await stack.enter_async_context(relay_tcp(int(port), partial(asyncio.open_unix_connection, path)))
        process = await asyncio.create_subprocess_exec(*command)
        # The whole group is told to stop; staying until the server has ended keeps it from becoming an orphan.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: None)
        return await process.wait()


if __name__ == "__main__":
    split = sys.argv.index("--")
    os.umask(0o077)
    sys.exit(asyncio.run(_inside(sys.argv[1:split], sys.argv[split + 1 :])))
