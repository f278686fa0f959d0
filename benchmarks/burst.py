"""A burst of signed events over HTTP at the real process: how soon each is acknowledged, what is kept, what it costs.

`python -m benchmarks burst [--events 5000] [--at-once 50]`. Each thread is a root, an analyst's greeting and a question
nobody has to search for; every event comes twice, the second time in another order.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sqlite3
import sys
import tempfile
import time
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import numpy as np
import psutil

from tests.chat.slack.support import as_body, callback, message, signed
from tests.standins.process import free_port, running
from tests.standins.slack import ANALYST, CHANNEL, CUSTOMER, SECRET, local_slack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from tests.standins.slack import LocalSlack

Json = dict[str, Any]

WORDS = ("Hi, our gateway is down.", "Hello, I am looking into it", "Thank you very much, that was quick!")
WITHIN_SECONDS = 300.0


def measure(*options: str) -> Iterator[dict[str, object]]:
    """Promised: acknowledged within 150 ms (p99) at 5,000 events, none lost; twice and shuffled alike."""
    parser = argparse.ArgumentParser(prog="benchmarks burst")
    parser.add_argument("--events", type=int, default=5_000)
    parser.add_argument("--at-once", type=int, default=50, help="requests under way at any moment")
    asked = parser.parse_args(options)
    in_order = _events(asked.events)
    shuffled = random.Random(5).sample(in_order, len(in_order))  # noqa: S311  # an order, no secret
    results = []
    for case, events in (("in order", in_order), ("shuffled", shuffled)):
        figures, outcomes = asyncio.run(_case(events, asked.at_once))
        results.append(outcomes)
        yield {"case": case} | figures
    yield {"case": "the same outcomes", "threads": len(results[0]), "same": results[0] == results[1]}


def _events(count: int) -> list[Json]:
    """`count` messages in threads of three, in the order in which they were written a moment ago."""
    now = int(time.time()) - 60
    events = []
    for number in range(count):
        thread, place = divmod(number, len(WORDS))
        root = f"{now}.{thread:06d}"
        ts = root if place == 0 else f"{now + place}.{thread:06d}"
        in_thread = {} if place == 0 else {"thread_ts": root}
        user = ANALYST if place == 1 else CUSTOMER
        events.append(callback(message(WORDS[place], user=user, ts=ts, event_ts=ts, **in_thread), f"Ev{number:06d}"))
    return events


async def _case(events: Sequence[Json], at_once: int) -> tuple[dict[str, object], dict[str, list[str | None]]]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="burst-") as name:
        folder = Path(name)
        async with local_slack(request_port=port) as slack, _bot(slack, folder, port) as process:
            before = process.memory_info().rss
            figures = await _throw(events, port, at_once, process)
            again = await _throw(events, port, at_once, process)
            began = time.perf_counter()
            await _settled(folder / "vigilbot.db")
            figures |= {
                "again_ms_p99": again["ack_ms_p99"],
                "settled_seconds": round(time.perf_counter() - began, 1),
                "memory_before_mb": round(before / 2**20),
            }
            stored = _count(folder / "vigilbot.db", "SELECT count(*) FROM messages")
            figures |= {"lost": len(events) - stored, "doubled": max(0, stored - len(events))}
            return figures, _outcomes(folder / "vigilbot.db")


@asynccontextmanager
async def _bot(slack: LocalSlack, folder: Path, port: int) -> AsyncIterator[psutil.Process]:
    environment = {
        "VIGIL_DATA_DIR": str(folder),
        "VIGIL_PORT": str(port),
        "VIGIL_QUIET_WINDOW": "0.2",
        "VIGIL_ANSWER_WITHIN": "60",
        "VIGIL_ANALYSTS": ANALYST,
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.app.bot_token,
        "SLACK_SIGNING_SECRET": SECRET,
        "HF_HUB_OFFLINE": "1",
    }

    async def says(probe: str) -> bool:
        try:
            async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/{probe}") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    os.environ.update(environment)
    command = [sys.executable, "-m", "vigilbot", "run"]
    async with running(command, partial(says, "livez"), folder / "log") as process:
        while not await says("readyz"):  # noqa: ASYNC110 - the first start embeds the documentation, in another process
            await asyncio.sleep(0.2)
        yield psutil.Process(process.pid)


async def _throw(events: Sequence[Json], port: int, at_once: int, process: psutil.Process) -> dict[str, object]:
    """Send each event once; what is refused (HTTP 5xx) is sent again, as Slack does."""
    waiting = iter(events)
    taken: list[float] = []
    refused, peak = 0, 0
    url = f"http://127.0.0.1:{port}/slack/events"

    async def sender(http: aiohttp.ClientSession) -> None:
        nonlocal refused, peak
        for event in waiting:
            body = as_body(event)
            status = 0
            while status != 200:
                began = time.perf_counter()
                async with http.post(url, data=body, headers=signed(body)) as response:
                    status = response.status
                refused += status != 200
            taken.append((time.perf_counter() - began) * 1000)
            if len(taken) % 100 == 0:
                peak = max(peak, process.memory_info().rss)

    began = time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        await asyncio.gather(*(sender(http) for _ in range(at_once)))
    seconds = time.perf_counter() - began
    p50, p99 = np.percentile(np.asarray(taken), [50, 99])
    return {
        "events": len(events),
        "seconds": round(seconds, 1),
        "per_second": round(len(events) / seconds),
        "ack_ms_p50": round(float(p50), 1),
        "ack_ms_p99": round(float(p99), 1),
        "refused": refused,
        "memory_peak_mb": round(peak / 2**20),
    }


async def _settled(database: Path) -> None:
    """Wait until every event has taken effect and every turn has an outcome."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < deadline:
        left = _count(database, "SELECT count(*) FROM inbox WHERE done_at IS NULL")
        if not left and not _count(database, "SELECT count(*) FROM turns WHERE outcome IS NULL"):
            return
        await asyncio.sleep(0.2)


def _outcomes(database: Path) -> dict[str, list[str | None]]:
    """How each session's turns ended."""
    ended: dict[str, list[str | None]] = {}
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        for session, outcome in db.execute("SELECT session_id, outcome FROM turns ORDER BY session_id, created_at"):
            ended.setdefault(session.removeprefix(f"slack-{CHANNEL}-").split(".")[1], []).append(outcome)
    return ended


def _count(database: Path, sql: str) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as db:
        return int(db.execute(sql).fetchone()[0])
