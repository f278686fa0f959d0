"""An outside world on loopback: names that answer as a test says, and sockets that remember where they were led.

The judgement under test is the door's own. Only after it has allowed an address does `Wire` lay the line to loopback.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from vigilbot.safety.fetching.door import FetchDoor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from vigilbot.safety.fetching.door import AddrInfo

PUBLIC = "93.184.216.34"
INSIDE = ("169.254.169.254", "10.0.0.1")

_recording: list[list[tuple[Any, ...]]] = []


def _listen(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _recording:
        _recording[-1].append(args[1])


sys.addaudithook(_listen)


@contextlib.contextmanager
def connections() -> Iterator[list[tuple[Any, ...]]]:
    """Every address this process connects to meanwhile, as the interpreter itself reports it (audit events)."""
    made: list[tuple[Any, ...]] = []
    _recording.append(made)
    try:
        yield made
    finally:
        _recording.remove(made)


class Names(AbstractResolver):
    """Answers every name with `answers`, one after another and then the last for ever."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        address = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        pass


class Wire:
    """Leads every socket the door opens to a loopback port, and remembers which address it was opened for."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.led_to: list[str] = []

    def open(self, info: AddrInfo) -> socket.socket:
        wire = self

        class Led(socket.socket):
            def connect(self, address: Any) -> None:
                wire.led_to.append(str(address[0]))
                super().connect(("127.0.0.1", wire.port))

        return Led(socket.AF_INET, socket.SOCK_STREAM)


@contextlib.asynccontextmanager
async def website(handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> AsyncIterator[Wire]:
    """A web server that answers every path with `handler`, and the wire that leads to it."""
    runner = web.ServerRunner(web.Server(handler), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield Wire(int(runner.addresses[0][1]))
    finally:
        await runner.cleanup()


def door(wire: Wire, *answers: str, **limits: Any) -> FetchDoor:
    """A door whose names all answer with `answers` (else a public address) and whose sockets follow `wire`."""
    return FetchDoor(resolver=Names(*(answers or (PUBLIC,))), open_socket=wire.open, **limits)
