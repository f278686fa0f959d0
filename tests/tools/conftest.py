"""Toolboxes on real servers, and on ones that misbehave."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.standins.process import NODE, NODE_MODULES
from vigilbot.models import EVERYONE, Dialogue, Message, Role
from vigilbot.runtime.clock import WallClock
from vigilbot.runtime.tasks import Tasks
from vigilbot.tools.configuration import McpConfig
from vigilbot.tools.toolbox import McpToolbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]

HERE = Path(__file__).parent
PACKAGES = NODE_MODULES / "@modelcontextprotocol"
READY_SECONDS = 30.0
ECHO = {"echo": {"arguments": {"text": {"enum": ["hello", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"]}}}}


def everything(mode: str = "stdio") -> Json:
    command, *patient = NODE
    return {"command": command, "args": [*patient, str(PACKAGES / "server-everything/dist/index.js"), mode]}


def filesystem(folder: Path) -> Json:
    return {"command": "node", "args": [str(PACKAGES / "server-filesystem/dist/index.js"), str(folder)]}


def clock_server() -> Json:
    return {"command": sys.executable, "args": ["-m", "mcp_server_time", "--local-timezone", "UTC"]}


def misbehaving(fault: str, journal: Path | None = None) -> Json:
    script = str(HERE / "servers" / "misbehaving.py")
    return {"command": sys.executable, "args": [script, fault, *([str(journal)] if journal else [])]}


def configured(servers: Json, tools: Json) -> McpConfig:
    return McpConfig.model_validate({"mcpServers": servers, "vigilTools": tools})


def written(path: Path, servers: Json, tools: Json) -> Path:
    """The same as a file."""
    path.write_text(json.dumps({"mcpServers": servers, "vigilTools": tools}), "utf-8")
    return path


@asynccontextmanager
async def toolbox(servers: Json, tools: Json, *, ready: int | None = None) -> AsyncIterator[McpToolbox]:
    """Running; once `ready` tools are offered, by default all that are allowed."""
    box, tasks = McpToolbox(configured(servers, tools), WallClock()), Tasks()
    tasks.spawn(box.run(), name="tools")
    try:
        await offering(box, sum(map(len, tools.values())) if ready is None else ready)
        yield box
    finally:
        await tasks.drain(0)


async def offering(box: McpToolbox, count: int) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while len(box.offered()) != count:  # noqa: ASYNC110 - the box tells nobody: turns only ever look
            await asyncio.sleep(0.05)


def said(*messages: tuple[Role, str]) -> Dialogue:
    """A dialogue of these messages; the last one is the turn."""
    written_ = tuple(Message(str(n), "s", role, role, text, float(n)) for n, (role, text) in enumerate(messages))
    return Dialogue("s", "t", written_, written_[-1:], "anything", frozenset({EVERYONE}))


HELLO = said(("customer", "say hello"))
