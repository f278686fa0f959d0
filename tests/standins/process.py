"""Start a third-party server for a test, wait until it answers, and leave nothing of it behind."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

HERE = Path(__file__).resolve().parent
NODE_MODULES = HERE / "node_modules"
NODE = ("node", "--require", str(HERE / "patient.cjs"))
"""How every stand-in that serves over HTTP is started; patient.cjs says why."""
START_SECONDS = 60.0


def free_port() -> int:
    """A loopback TCP port nobody listens on now, below those the kernel gives to outgoing connections.

    Among those a client that knocks before the server listens may be connected to itself, and takes the port away.
    """
    while True:
        port = random.randrange(15_000, 32_000)  # noqa: S311  # any port will do
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


async def port_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


@asynccontextmanager
async def running(
    command: Sequence[str], ready: Callable[[], Awaitable[bool]], log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `command` in a process group of its own while the block runs; `log` receives what it prints.

    Raises RuntimeError with the end of the log when it exits early or is not ready in START_SECONDS.
    """
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        await _wait_ready(process, ready, log, command[0])
        yield process
    finally:
        await _end(process)


async def _wait_ready(
    process: asyncio.subprocess.Process, ready: Callable[[], Awaitable[bool]], log: Path, name: str
) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await ready():
                if process.returncode is not None:
                    raise RuntimeError(f"{name} ended with {process.returncode}: {_tail(log)}")
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise RuntimeError(f"{name} did not answer in {START_SECONDS:.0f} s: {_tail(log)}") from None


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask the whole group to stop, then make it: a wrapper such as `unshare` does not pass signals on."""
    for sign, seconds in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _tail(log: Path) -> str:
    return log.read_bytes()[-2000:].decode("utf-8", "replace").strip()
