"""WireMock: a proxy in front of another stand-in, which can fail in every way a network service fails."""

from __future__ import annotations

import itertools
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.standins.process import NODE_MODULES, free_port, port_open, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

Json = dict[str, Any]

IDLE_MILLISECONDS = str(24 * 3600 * 1000)
"""Jetty closes a connection that was idle for half a minute, maybe just as a client uses it again."""
REMEMBERED = "2000"
"""Requests, with what was answered: without a limit an hour of traffic fills the memory, and nothing is answered."""


@dataclass(frozen=True, slots=True)
class Wiremock:
    url: str
    _http: aiohttp.ClientSession = field(repr=False)
    _stubs: Iterator[int] = field(default_factory=itertools.count, repr=False)

    async def proxy_to(self, url: str, *, headers: dict[str, str] | None = None) -> None:
        """Whatever no stub answers goes on to this server; `headers` are added to its answers."""
        response = {"proxyBaseUrl": url.rstrip("/"), **({"headers": headers} if headers else {})}
        await self._admin("mappings", {"priority": 10, "request": {"urlPattern": ".*"}, "response": response})

    async def stub(self, path: str, response: Json, *, times: int | None = None) -> None:
        """Answer requests to `path` (a pattern of the path alone) with a WireMock response definition.

        With `times` only that many: after them the request passes on to whatever stands behind. The newest stub of a
        path comes first, and each of them counts for itself.
        """
        request = {"urlPathPattern": path}
        if times is None:
            await self._admin("mappings", {"priority": 5, "request": request, "response": response})
            return
        name = f"{path} {next(self._stubs)}"
        states = ["Started", *(f"answered {count}" for count in range(1, times + 1))]
        for before, after in itertools.pairwise(states):
            mapping = {"priority": 1, "request": request, "response": response}
            scenario = {"scenarioName": name, "requiredScenarioState": before, "newScenarioState": after}
            await self._admin("mappings", {**mapping, **scenario})

    async def answers(self, path: str, body: Json, **response: object) -> None:
        """Answer `path` with this JSON and HTTP 200; `response` adds delays and the like."""
        await self.stub(path, as_json(body) | response)

    async def requests(self, path: str = "") -> list[Json]:
        """What came in, oldest first: `url`, `method`, `headers`, `body`."""
        async with self._http.get(f"{self.url}/__admin/requests") as response:
            entries = (await response.json())["requests"]
            return [entry["request"] for entry in reversed(entries) if path in entry["request"]["url"]]

    async def reset(self) -> None:
        """Forget stubs, scenarios and requests."""
        await self._admin("reset", {})

    async def _admin(self, what: str, body: Json) -> None:
        async with self._http.post(f"{self.url}/__admin/{what}", json=body) as response:
            if response.status not in {200, 201}:
                raise ValueError(f"WireMock refused {what}: {await response.text()}")


def as_json(body: Json) -> Json:
    """The response definition that answers with this JSON."""
    return {"status": 200, "headers": {"Content-Type": "application/json"}, "jsonBody": body}


@asynccontextmanager
async def wiremock() -> AsyncIterator[Wiremock]:
    """Run WireMock on a free loopback port while the block runs; it knows no stubs yet."""
    port = free_port()
    jars = sorted((NODE_MODULES / "wiremock/build").glob("wiremock-standalone-*.jar"))
    with tempfile.TemporaryDirectory(prefix="wiremock-") as folder:
        command = [
            *("java", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", str(jars[-1])),
            *("--port", str(port), "--bind-address", "127.0.0.1", "--root-dir", folder),
            *("--disable-banner", "--jetty-idle-timeout", IDLE_MILLISECONDS),
            *("--max-request-journal-entries", REMEMBERED),
        ]

        async def ready() -> bool:
            return await port_open(port)

        async with running(command, ready, Path(folder) / "log"), aiohttp.ClientSession() as http:
            yield Wiremock(f"http://127.0.0.1:{port}", http)
