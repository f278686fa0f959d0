"""aimock: a language-model endpoint that speaks OpenAI's protocol and answers from fixtures.

A fixture is `{"match": {...}, "response": {...}}`; the first that matches wins, and `match: {}` matches everything.
Match on `userMessage`, `systemMessage`, `model`, `responseFormat`, `inputText` (embeddings), `sequenceIndex`.
Respond with `content` (a JSON object is sent as its text), `toolCalls`, `embedding`, or `error` with `status`;
`usage` sets the token counts. `latency`, `chaos` and `truncateAfterChunks` stand beside match and response.
Started strict: a request no fixture matches fails with 503 instead of being answered with something made up.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.standins.process import NODE, NODE_MODULES, free_port, port_open, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Aimock:
    url: str
    _http: aiohttp.ClientSession

    @property
    def base_url(self) -> str:
        """What litellm and the OpenAI SDK call `api_base`."""
        return f"{self.url}/v1"

    async def journal(self) -> list[Json]:
        """Every model request so far, oldest first: `method`, `path`, `headers`, `body`, `response.status`."""
        async with self._http.get(f"{self.url}/__aimock/journal") as response:
            response.raise_for_status()
            entries: list[Json] = await response.json()
            return entries

    async def requests(self) -> list[Json]:
        """The bodies of the chat and embedding requests so far, oldest first."""
        return [entry["body"] for entry in await self.journal() if entry.get("body")]

    async def chaos(
        self,
        *,
        drop: float = 0,
        malformed: float = 0,
        disconnect: float = 0,
        rate_limit: float = 0,
        latency_ms: int = 0,
    ) -> None:
        """From now on fail with these probabilities (500, broken JSON, cut connection, 429) or delay every answer."""
        await self._post(
            "chaos",
            {
                "dropRate": drop,
                "malformedRate": malformed,
                "disconnectRate": disconnect,
                "rateLimitRate": rate_limit,
                "latencyMs": latency_ms,
            },
        )

    async def calm(self) -> None:
        """End the chaos."""
        async with self._http.delete(f"{self.url}/__aimock/chaos") as response:
            response.raise_for_status()

    async def fail_next(self, status: int, message: str = "injected", kind: str = "server_error") -> None:
        """Answer the next request, and only that one, with this HTTP status. Calls queue up."""
        await self._post("error", {"status": status, "body": {"message": message, "type": kind}})

    async def replace(self, fixtures: Sequence[Json]) -> None:
        """Answer from these fixtures only; match counters and the journal start afresh."""
        await self._post("reset", {})
        await self._post("fixtures", {"fixtures": list(fixtures)})

    async def _post(self, control: str, body: Json) -> None:
        async with self._http.post(f"{self.url}/__aimock/{control}", json=body) as response:
            if response.status != 200:
                raise ValueError(f"aimock refused {control}: {await response.text()}")


@asynccontextmanager
async def aimock(fixtures: Sequence[Json] | Path) -> AsyncIterator[Aimock]:
    """Run aimock on a free loopback port while the block runs. `fixtures`: entries, a JSON file or a folder of them."""
    with tempfile.TemporaryDirectory(prefix="aimock-") as folder:
        source = fixtures if isinstance(fixtures, Path) else _written(Path(folder) / "fixtures.json", fixtures)
        port = free_port()
        command = [
            *(*NODE, str(NODE_MODULES / "@copilotkit/aimock/dist/cli.js")),
            *("-p", str(port), "-h", "127.0.0.1", "-f", str(source), "--strict", "--validate-on-load"),
            *("--log-level", "warn"),
        ]

        async def ready() -> bool:
            return await port_open(port)

        async with (
            running(command, ready, Path(folder) / "log"),
            aiohttp.ClientSession() as http,
        ):
            yield Aimock(f"http://127.0.0.1:{port}", http)


def _written(path: Path, fixtures: Sequence[Json]) -> Path:
    path.write_text(json.dumps({"fixtures": list(fixtures)}), "utf-8")
    return path
