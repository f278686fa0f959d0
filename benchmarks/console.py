"""The first minutes with the real process: start, first answer, idle memory, then real questions through the API."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import numpy as np
import psutil

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

DATA = Path(__file__).parent.parent.parent / "shared" / "data" / "retrieve"
PORT = 18_008
BASE = f"http://127.0.0.1:{PORT}"
CORPORA = (
    ("ubuntu_factoids", "corpus.jsonl", "Ubuntu Linux: installing, configuring, using and troubleshooting it"),
    ("mtrag", "corpus.jsonl.gz", "Cloud products and their documentation, public services, laws and benefits, space"),
)
QUESTION = "How do I change the port of the console?"
PATIENCE_SECONDS = 60.0


def measure() -> Iterator[dict[str, object]]:
    """Promised: page ≤ 4 s, first answer ≤ 6 s, idle ≤ 450 MB, message to card p95 ≤ 150 ms at 2,000 entries."""
    with tempfile.TemporaryDirectory() as folder:
        yield {"case": "first start"} | asyncio.run(_start(Path(folder)))
        yield {"case": "second start"} | asyncio.run(_start(Path(folder)))
    for name, corpus, scope in CORPORA:
        with tempfile.TemporaryDirectory() as folder:
            yield {"case": name} | asyncio.run(_ask_everything(Path(folder), [(name, corpus)], scope))
    with tempfile.TemporaryDirectory() as folder:
        both = [(name, corpus) for name, corpus, _ in CORPORA]
        yield {"case": "both"} | asyncio.run(_ask_everything(Path(folder), both, CORPORA[0][2]))


@asynccontextmanager
async def _running(folder: Path, **settings: str) -> AsyncIterator[tuple[aiohttp.ClientSession, psutil.Process, float]]:
    """`vigilbot run` in its own process, once its page answers, with the seconds that took."""
    environment = {**os.environ, "VIGIL_DATA_DIR": str(folder), "VIGIL_PORT": str(PORT), "HF_HUB_OFFLINE": "1"}
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "vigilbot", "run"),
        env={**environment, **settings},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession(BASE) as http:
            while True:
                try:
                    async with http.get("/") as page:
                        await page.read()
                    break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.01)
            yield http, psutil.Process(process.pid), time.perf_counter() - started
    finally:
        process.terminate()
        await process.wait()


async def _start(folder: Path) -> dict[str, object]:
    started = time.perf_counter()
    async with _running(folder) as (http, process, first_page):
        outcome, _ = await _ask(http, QUESTION)
        first_answer = time.perf_counter() - started
        await asyncio.sleep(5)
        return {
            "first_page_s": round(first_page, 2),
            "first_answer_s": round(first_answer, 2),
            "outcome": outcome,
            "idle_mb": round(process.memory_info().rss / 2**20),
        }


async def _ask_everything(folder: Path, corpora: list[tuple[str, str]], scope: str) -> dict[str, object]:
    environment = {**os.environ, "VIGIL_DATA_DIR": str(folder), "HF_HUB_OFFLINE": "1"}
    paths = [str(DATA / name / corpus) for name, corpus in corpora]
    started = time.perf_counter()
    command = [sys.executable, "-m", "vigilbot", "ingest", *paths, "--json"]
    done = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, check=True)
    seconds = time.perf_counter() - started
    queries = [text for name, _ in corpora for text in _queries(DATA / name / "queries.jsonl")]
    async with _running(folder, VIGIL_SCOPE=scope, VIGIL_QUIET_WINDOW="0") as (http, process, _):
        await _ask(http, queries[0])
        outcomes, milliseconds, to_card = Counter[str](), [], []
        for query in queries:
            outcome, elapsed = await _ask(http, query)
            outcomes[outcome] += 1
            milliseconds.append(elapsed)
            if outcome == "answered":
                to_card.append(elapsed)
        peak = process.memory_info().rss / 2**20
    return {
        "ingest": json.loads(done.stdout),
        "ingest_s": round(seconds, 1),
        "questions": len(queries),
        "outcomes": dict(outcomes),
        "message_to_outcome_ms": _percentiles(milliseconds),
        "message_to_card_ms": _percentiles(to_card),
        "memory_mb": round(peak),
    }


def _percentiles(milliseconds: list[float]) -> dict[str, float]:
    return {f"p{percent}": round(float(np.percentile(milliseconds, percent)), 1) for percent in (50, 95)}


def _queries(path: Path) -> list[str]:
    return [str(json.loads(line)["text"]) for line in path.read_text("utf-8").splitlines()]


async def _ask(http: aiohttp.ClientSession, text: str) -> tuple[str, float]:
    """Ask in a room in which an analyst has joined: the outcome, and milliseconds until the page would show it."""
    room = await _post(http, "/api/sessions", {"title": "benchmark"})
    await _post(http, f"/api/sessions/{room}/messages", {"author": "ann", "role": "analyst", "text": "hi"})
    async with asyncio.timeout(PATIENCE_SECONDS), http.get(f"/api/sessions/{room}/events") as events:
        asked = time.perf_counter()
        await _post(http, f"/api/sessions/{room}/messages", {"author": "carol", "role": "customer", "text": text})
        async for line in events.content:
            if line.startswith(b"data: ") and (outcome := _outcome(json.loads(line[6:]))):
                return outcome, (time.perf_counter() - asked) * 1000
    raise ConnectionError("the event stream ended")


def _outcome(view: dict[str, Any]) -> str:
    """The first turn's outcome as far as the page can show it: an answer counts once its card is posted."""
    turns, cards = view.get("turns", []), view.get("cards", [])
    outcome = str((turns and turns[0]["outcome"]) or "")
    return outcome if outcome != "answered" or (cards and cards[0]["state"] == "posted") else ""


async def _post(http: aiohttp.ClientSession, path: str, body: dict[str, str]) -> str:
    async with http.post(path, json=body) as response:
        response.raise_for_status()
        return str((await response.json())["id"])
