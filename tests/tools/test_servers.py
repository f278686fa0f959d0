"""Real MCP servers that nobody here wrote: stdio and streamable HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.standins.process import free_port, port_open, running
from tests.tools.conftest import clock_server, everything, filesystem, said, toolbox
from vigilbot.models import ToolCall

if TYPE_CHECKING:
    from pathlib import Path

ZONE = {"enum": ["UTC", "Asia/Tokyo"]}
SECONDS = 5.0
ASKED = said(("analyst", "add 5 and 7 please, see notes.txt"), ("customer", "what is the time in Tokyo?"))


async def test_the_time_server_tells_the_time() -> None:
    rules = {"time": {"get_current_time": {"use": "What time it is", "arguments": {"timezone": ZONE}}}}
    async with toolbox({"time": clock_server()}, rules) as box:
        [tool] = box.offered()
        assert (tool.name, tool.purpose) == ("time.get_current_time", "What time it is")
        [finding] = await box.use([ToolCall(tool.name, {"timezone": "Asia/Tokyo"})], ASKED, SECONDS)
    assert json.loads(finding.text)["timezone"] == "Asia/Tokyo"
    assert finding.title == "time.get_current_time (timezone: Asia/Tokyo)"


async def test_the_everything_server_adds_and_what_is_not_allowed_stays_undone() -> None:
    number = {"minimum": 0, "maximum": 100}
    rules = {
        "all": {
            "get-sum": {"arguments": {"a": number, "b": number}},
            "toggle-simulated-logging": {},
            "no-such-tool": {},
        }
    }
    async with toolbox({"all": everything()}, rules, ready=1) as box:
        calls = [
            ToolCall("all.get-sum", {"a": "5", "b": "7"}),
            ToolCall("all.get-env"),
            ToolCall("all.toggle-simulated-logging"),
        ]
        findings = await box.use(calls, ASKED, SECONDS)
        assert await box.use([ToolCall("all.get-sum", {"a": "5"})], ASKED, SECONDS) == ()
    assert [(finding.tool, finding.text) for finding in findings] == [("all.get-sum", "The sum of 5 and 7 is 12.")]


async def test_the_filesystem_server_reads_the_one_file_allowed(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "notes.txt").write_text("maintenance until noon", "utf-8")
    (folder / "secret.txt").write_text("nobody's", "utf-8")
    rules = {
        "fs": {
            "read_text_file": {"arguments": {"path": {"const": str(folder / "notes.txt")}}},
            "write_file": {"arguments": {"path": {"const": str(folder / "new.txt")}, "content": {"const": "x"}}},
        }
    }
    async with toolbox({"fs": filesystem(folder)}, rules, ready=1) as box:
        calls = [
            ToolCall("fs.read_text_file"),
            ToolCall("fs.read_text_file", {"path": str(folder / "secret.txt")}),
            ToolCall("fs.write_file"),
        ]
        [finding] = await box.use(calls, ASKED, SECONDS)
    assert finding.text == "maintenance until noon"
    assert finding.arguments == {}
    assert sorted(path.name for path in folder.iterdir()) == ["notes.txt", "secret.txt"]


async def test_over_streamable_http(tmp_path: Path) -> None:
    port = free_port()
    server = everything("streamableHttp")
    command = ["env", f"PORT={port}", server["command"], *server["args"]]
    rules = {"all": {"echo": {"arguments": {"message": {"enum": ["hello"]}}}}}
    call = ToolCall("all.echo", {"message": "hello"})

    async def ready() -> bool:
        return await port_open(port)

    async with (
        running(command, ready, tmp_path / "log"),
        toolbox({"all": {"url": f"http://127.0.0.1:{port}/mcp"}}, rules) as box,
    ):
        [finding] = await box.use([call], ASKED, SECONDS)
    assert finding.text == "Echo: hello"
