"""The doctor starts every MCP server and names the fix for each fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tools.conftest import ECHO, Json, clock_server, everything, misbehaving, written
from vigilbot.config import load
from vigilbot.doctor.tools import tools

if TYPE_CHECKING:
    from pathlib import Path

ZONE = {"timezone": {"enum": ["UTC"]}}
NOW = {"get_current_time": {"arguments": ZONE}}


async def test_without_a_file_nothing_is_said() -> None:
    assert await tools(load(None)) == []


async def test_servers_in_order_and_one_that_is_not_used(tmp_path: Path) -> None:
    path = written(tmp_path / "mcp.json", {"time": clock_server(), "idle": everything()}, {"time": NOW})
    time, idle = await tools(load(None, mcp_config=path, model="openai/x"))
    assert (time.ok, time.check, time.detail) == (
        True,
        "tools of time",
        "it answers, and may be asked get_current_time",
    )
    assert (idle.ok, idle.detail) == (True, f"not started: vigilTools in {path} allows none")


@pytest.mark.parametrize(
    ("server", "rules", "detail", "fix"),
    [
        ({"command": "no-such-program"}, NOW, "no-such-program cannot be started", "install it, or correct `command`"),
        (misbehaving("exits"), ECHO, "it exited: no licence: set ACME_LICENCE", "correct mcpServers.s in"),
        (clock_server(), {"get_curent_time": {}}, "it has no tool get_curent_time", "write get_current_time for"),
        (clock_server(), {"rm": {}}, "it has no tool rm", "take vigilTools.s.rm out"),
        (clock_server(), {"get_current_time": {}}, "demands timezone, which no rule gives", "add vigilTools.s.get_cur"),
        (
            clock_server(),
            {"get_current_time": {"arguments": {**ZONE, "zone": {"const": "UTC"}}}},
            "has no argument zone",
            "take vigilTools.s.get_current_time.arguments.zone out",
        ),
        (misbehaving("says_it_writes"), ECHO, "says itself that it changes something", "take vigilTools.s.echo out"),
    ],
)
async def test_each_fault_has_its_fix(tmp_path: Path, server: Json, rules: Json, detail: str, fix: str) -> None:
    path = written(tmp_path / "mcp.json", {"s": server}, {"s": rules})
    [found] = await tools(load(None, mcp_config=path, model="openai/x"))
    assert not found.ok
    assert detail in found.detail
    assert found.fix.startswith(fix)


async def test_a_faulty_file_and_a_missing_model(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text("{}", "utf-8")
    [broken] = await tools(load(None, mcp_config=path, model="openai/x"))
    assert "mcpServers: Field required" in f"{broken.detail} {broken.fix}"
    [idle, *_] = await tools(load(None, mcp_config=written(path, {"time": clock_server()}, {"time": NOW})))
    assert idle.fix == "set VIGIL_MODEL, or unset VIGIL_MCP_CONFIG"
