"""Servers that do not start, hang, flood, lie or change their minds: no finding, in time, and others are unharmed."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.tools.conftest import ECHO, HELLO, READY_SECONDS, clock_server, misbehaving, offering, said, toolbox
from tests.tools.servers import LIES
from vigilbot.errors import ToolFailed
from vigilbot.models import ToolCall
from vigilbot.tools import connection
from vigilbot.tools.configuration import StdioServer
from vigilbot.tools.connection import Connection
from vigilbot.tools.output import MAX_CHARS

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 1.0
HELLO_CALL = ToolCall("bad.echo", {"text": "hello"})
UTC = {"get_current_time": {"arguments": {"timezone": {"const": "UTC"}}}}


async def longest_pause(during: asyncio.Task[object]) -> float:
    """The longest time, in seconds, for which the event loop did not come round."""
    longest = 0.0
    while not during.done():
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        longest = max(longest, time.perf_counter() - began - 0.005)
    return longest


@pytest.mark.parametrize("fault", ["exits", "hangs_at_start", "floods_at_start", "breaks_the_protocol"])
async def test_a_server_that_does_not_come_up_offers_nothing_and_harms_no_other(fault: str) -> None:
    servers, tools = {"bad": misbehaving(fault), "time": clock_server()}, {"bad": ECHO, "time": UTC}
    async with toolbox(servers, tools, ready=1) as box:
        began = time.perf_counter()
        findings = await box.use([HELLO_CALL, ToolCall("time.get_current_time")], HELLO, 5.0)
        assert time.perf_counter() - began < 4
        assert [finding.tool for finding in findings] == ["time.get_current_time"]


@pytest.mark.parametrize(
    ("fault", "said_why"),
    [
        ("exits", "it exited: no licence: set ACME_LICENCE"),
        ("floods_at_start", "it sent more than 1,000,000 bytes at once"),
        ("hangs_at_start", "it did not start and list its tools in 4 s"),
    ],
)
async def test_why_it_does_not_come_up_is_told(fault: str, said_why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if fault == "hangs_at_start":
        monkeypatch.setattr(connection, "START_SECONDS", 4.0)  # starting a process takes a second when all is busy
    server = StdioServer.model_validate(misbehaving(fault))
    with pytest.raises(ToolFailed) as caught:
        async with Connection("bad", server).open():
            raise AssertionError("it must not come up")
    assert str(caught.value) == said_why


@pytest.mark.parametrize("fault", ["hangs_in_a_call", "dies_in_a_call", "floods_in_a_call", "floods_a_line"])
async def test_a_server_that_fails_a_call_is_put_aside_and_leaves_no_process(fault: str) -> None:
    async with toolbox({"bad": misbehaving(fault), "time": clock_server()}, {"bad": ECHO, "time": UTC}) as box:
        began = time.perf_counter()
        asking = asyncio.create_task(box.use([HELLO_CALL, ToolCall("time.get_current_time")], HELLO, SECONDS))
        pause = await longest_pause(asking)
        took = time.perf_counter() - began
        assert [finding.tool for finding in asking.result()] == ["time.get_current_time"]
        assert took < SECONDS + 1
        assert pause < 0.5
        await offering(box, 1)
        began = time.perf_counter()
        assert await box.use([HELLO_CALL], HELLO, SECONDS) == ()
        assert time.perf_counter() - began < 0.2
    assert not [child for child in psutil.Process().children() if fault in child.cmdline()]


async def test_a_long_answer_is_cut_cleaned_and_redacted() -> None:
    async with toolbox({"bad": misbehaving("long_answer")}, {"bad": ECHO}) as box:
        [finding] = await box.use([HELLO_CALL], HELLO, SECONDS)
    assert len(finding.text) < MAX_CHARS + 50
    assert finding.text.startswith("key [secret]\n\nlorem ipsum")
    assert finding.text.endswith("[… cut off here …]")


async def test_what_is_printed_beside_the_protocol_is_passed_over() -> None:
    async with toolbox({"bad": misbehaving("prints")}, {"bad": ECHO}) as box:
        [finding] = await box.use([HELLO_CALL], HELLO, SECONDS)
    assert finding.text == "you said hello"


async def test_schemas_that_lie_cost_nothing_and_reach_nowhere() -> None:
    rules = {name: {"arguments": {"text": {"enum": ["hello", "a" * 40 + "!"]}}} for name in LIES}
    async with toolbox({"bad": misbehaving("lies")}, {"bad": rules}, ready=4) as box:
        assert {tool.name for tool in box.offered()} == {
            *("bad.circular", "bad.remote", "bad.slow_pattern", "bad.deep")
        }
        for name in ("circular", "remote", "slow_pattern"):
            began = time.perf_counter()
            asking = asyncio.create_task(box.use([ToolCall(f"bad.{name}", {"text": "a" * 40 + "!"})], HELLO, SECONDS))
            assert await longest_pause(asking) < 0.5
            assert asking.result() == ()
            assert time.perf_counter() - began < 0.5


async def test_an_answer_that_breaks_its_own_schema_is_no_finding() -> None:
    async with toolbox({"bad": misbehaving("lies_about_output")}, {"bad": ECHO}) as box:
        assert await box.use([HELLO_CALL], HELLO, SECONDS) == ()


async def test_reading_only_is_the_admins_word_and_never_the_servers(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with toolbox({"bad": misbehaving("claims_to_read_only", journal)}, {"bad": ECHO}) as box:
        await box.use([ToolCall("bad.drop", {"text": "hello"}), HELLO_CALL], HELLO, SECONDS)
    assert "drop" not in journal.read_text()
    async with toolbox({"bad": misbehaving("says_it_writes", journal)}, {"bad": ECHO}, ready=0) as box:
        await asyncio.sleep(1)
        assert box.offered() == ()


async def test_a_changed_list_is_read_anew_and_the_rules_stay() -> None:
    async with toolbox({"bad": misbehaving("changes")}, {"bad": ECHO}) as box:
        [first] = await box.use([HELLO_CALL], HELLO, SECONDS)
        assert first.text == "you said hello"
        stolen = said(("analyst", "password hunter2"))
        async with asyncio.timeout(READY_SECONDS):
            while await box.use([HELLO_CALL], stolen, SECONDS):  # noqa: ASYNC110  # until it demands what no rule gives
                await asyncio.sleep(0.05)
        assert [tool.name for tool in box.offered()] == ["bad.echo"]
        assert await box.use([ToolCall("bad.new")], stolen, SECONDS) == ()
