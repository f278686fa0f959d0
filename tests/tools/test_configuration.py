"""mcp.json: read as other MCP hosts read it, and an admin's mistake is one clear line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from vigilbot.errors import ConfigError
from vigilbot.tools.configuration import HttpServer, StdioServer, load

if TYPE_CHECKING:
    from pathlib import Path

TIME = {"command": "mcp-server-time", "args": ["--local-timezone", "UTC"]}


def tool(argument: object) -> dict[str, object]:
    return {"mcpServers": {"time": TIME}, "vigilTools": {"time": {"now": {"arguments": {"zone": argument}}}}}


def test_servers_of_both_kinds_with_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATUS_TOKEN", "t0ken")
    headers = {"Authorization": "Bearer ${STATUS_TOKEN}", "X-Region": "${STATUS_REGION:-eu}"}
    status = {"type": "http", "url": "https://status.example/mcp", "headers": headers}
    path = tmp_path / "mcp.json"
    path.write_text(json.dumps({"mcpServers": {"time": TIME, "status": status}}), "utf-8")
    servers = load(path).servers
    assert servers["time"] == StdioServer(command="mcp-server-time", args=("--local-timezone", "UTC"))
    assert isinstance(servers["status"], HttpServer)
    assert servers["status"].headers == {"Authorization": "Bearer t0ken", "X-Region": "eu"}
    assert load(path).rules("time") == {}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "Invalid JSON"),
        ({}, "mcpServers: Field required"),
        ({"mcpServers": {}, "vigiltools": {}}, "vigiltools: no such key"),
        ({"mcpServers": {"a b": TIME}}, "mcpServers.a b: use letters, digits, - and _ only"),
        ({"mcpServers": {"time": {}}}, "mcpServers.time: must be an object with either `command` or `url`"),
        ({"mcpServers": {"time": {**TIME, "comand": 1}}}, "mcpServers.time.comand: no such key"),
        ({"mcpServers": {"time": {"url": "ftp://x"}}}, "mcpServers.time.url: String should match pattern"),
        (
            {"mcpServers": {"time": {**TIME, "env": {"KEY": "${NOT_SET_ANYWHERE}"}}}},
            "env.KEY: the variable NOT_SET_ANYWHERE is not set",
        ),
        ({"mcpServers": {}, "vigilTools": {"time": {}}}, "vigilTools.time: there is no such server"),
        ({"mcpServers": {"time": TIME}, "vigilTools": {"time": {"now": {"args": {}}}}}, "time.now.args: no such key"),
        (tool({"form": "x"}), "zone: must be an object with `const`, `enum`, `pattern`"),
        (tool("UTC"), "zone: must be an object with `const`, `enum`, `pattern`"),
        (tool({"enum": []}), "zone.enum: Tuple should have at least 1 item"),
        (tool({"pattern": "(?=x)"}), "pattern: must be a regular expression without look-around"),
        (tool({"pattern": "x", "from": "customers"}), "from: Input should be 'analysts' or 'anyone'"),
        (tool({"minimum": 3}), "zone.maximum: Field required"),
        (tool({"minimum": 3, "maximum": 1}), "minimum must not exceed maximum"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_place(tmp_path: Path, content: object, fault: str) -> None:
    path = tmp_path / "mcp.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(f"VIGIL_MCP_CONFIG={path}: ")
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "gone.json")
