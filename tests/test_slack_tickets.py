"""One outage in twenty threads, told once: the real process, killed and started again, in a Slack workspace."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
import time
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.standins.blockkit import check_blocks
from tests.standins.process import free_port, running
from tests.standins.slack import ANALYST, CHANNEL, OTHER_CHANNEL, Json, LocalSlack, local_slack
from vigilbot.chat.slack.alertblocks import LIKE, TELL
from vigilbot.storage.folder import DATABASE

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

PATIENCE_SECONDS = 120.0
OUTAGE = (
    "The checkout API in eu-west is down, every request ends in error 503.",
    "Checkout API in eu-west down: all our requests fail with 503.",
    "Every call to the checkout API fails with error 503 in eu-west, our shop takes no orders.",
    "eu-west: the checkout API is down, we get 503 for all requests.",
)
OTHERS = {
    "All the documents that we uploaded to the archive before Friday are gone, the folders are empty.": True,
    "Our customers were charged twice for the same order this morning.": True,
    "How do I add a second administrator to our workspace?": False,
    "Is there a way to export the list of members as a spreadsheet?": False,
    "What should I do if the service goes down one day?": False,
}


@asynccontextmanager
async def bot(slack: LocalSlack, folder: Path) -> AsyncIterator[Process]:
    """`vigilbot run` in Socket Mode, its data in `folder`; yields when it is ready."""
    port = free_port()
    strangers = [name for name in os.environ if name.startswith(("VIGIL_", "SLACK_"))]
    command = ["env", "-C", str(folder.parent), *(f"--unset={name}" for name in strangers)]
    command += [f"VIGIL_DATA_DIR={folder}", f"VIGIL_PORT={port}", "VIGIL_QUIET_WINDOW=0.5"]
    command += [f"SLACK_BOT_TOKEN={slack.app.bot_token}", f"SLACK_APP_TOKEN={slack.app.app_token}"]
    command += [f"SLACK_API_URL={slack.api_url}", f"VIGIL_ANALYSTS={ANALYST}", f"VIGIL_ALERT_CHANNEL={OTHER_CHANNEL}"]
    command += [sys.executable, "-m", "vigilbot", "run"]

    async def ready() -> bool:
        async with aiohttp.ClientSession() as http:
            try:
                async with http.get(f"http://127.0.0.1:{port}/readyz") as response:
                    return response.status == 200
            except aiohttp.ClientConnectionError:
                return False

    async with running(command, ready, folder.parent / "vigilbot.log") as process:
        yield process


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True)) as connection:
        return list(connection.execute(sql))


async def until(seen: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await seen():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.3)


def judged(folder: Path) -> int:
    return len(rows(folder, "SELECT 1 FROM tickets WHERE state NOT IN ('analyzing', 'pending') AND seen != ''"))


async def told(slack: LocalSlack) -> list[Json]:
    """The alerts in their channel, without what stands in their threads."""
    return [one for one in await slack.messages(OTHER_CHANNEL) if one.get("blocks") and not one.get("thread_ts")]


@pytest.mark.disk
async def test_twenty_threads_of_one_outage_are_one_alert_whatever_dies_in_between(folder: Path) -> None:
    async with local_slack() as slack:
        threads: list[str] = []
        others = {}
        async with bot(slack, folder) as process:
            for number in range(10):
                threads.append(await slack.say(f"UCUST{number:02}", OUTAGE[number % 4]))
                if number % 4 == 1:
                    others[await slack.say(f"UELSE{number}", list(OTHERS)[number // 4])] = number // 4
            os.killpg(process.pid, signal.SIGKILL)  # while most of them have not been looked at
        async with bot(slack, folder):
            for number in range(10, 20):
                threads.append(await slack.say(f"UCUST{number:02}", OUTAGE[number % 4]))
                if number in {12, 16}:
                    others[await slack.say(f"UELSE{number}", list(OTHERS)[number // 4])] = number // 4

            async def all_judged() -> bool:
                return judged(folder) == 25

            await until(all_judged, f"{judged(folder)} of 25 tickets were judged")
            grave = rows(folder, "SELECT session_id FROM tickets WHERE state = 'escalated'")
            linked = rows(folder, "SELECT session_id FROM tickets WHERE state = 'linked'")
            assert len(linked) == 19
            expected = {f"slack-{CHANNEL}-{ts}" for ts, which in others.items() if list(OTHERS.values())[which]}
            first = {str(id_) for (id_,) in grave} - expected
            assert {str(id_) for (id_,) in grave} == expected | first
            assert len(first) == 1

            async def counted() -> bool:
                alerts = await told(slack)
                return len(alerts) == 3 and any("20 customers in 20 threads" in json.dumps(one) for one in alerts)

            await until(counted, "the outage's card does not count twenty customers")
            await close_and_tell(slack, folder, first.pop().rpartition("-")[2], threads)


async def close_and_tell(slack: LocalSlack, folder: Path, first: str, threads: list[str]) -> None:
    [card] = [one for one in await told(slack) if "20 customers" in json.dumps(one)]
    check_blocks(card["blocks"])
    await slack.click(ANALYST, card, LIKE, OTHER_CHANNEL)
    await slack.react(ANALYST, first, "white_check_mark")
    offers: list[Json] = []

    async def offered() -> bool:
        offers[:] = [one for one in await slack.messages(OTHER_CHANNEL) if TELL in json.dumps(one)]
        return bool(offers)

    await until(offered, "nobody offered to tell the linked threads")
    check_blocks(offers[0]["blocks"])
    await slack.click(ANALYST, offers[0], TELL, OTHER_CHANNEL)

    async def everybody_told() -> bool:
        said = [one for one in await slack.messages() if "marked as resolved" in json.dumps(one)]
        return sorted(str(one["thread_ts"]) for one in said) == sorted(ts for ts in threads if ts != first)

    await until(everybody_told, "not every linked thread was told exactly once")
    assert rows(folder, "SELECT kind FROM alert_answers") == [("like",)]
    [closed] = [one for one in await told(slack) if "20 customers" in json.dumps(one)]
    assert "Closed" in json.dumps(closed["blocks"])
