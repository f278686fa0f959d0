"""Ten busy support teams at once: a steady load for minutes, then the highest rate that is sustained.

The whole bot in one process: inbox, sessions, pipeline, knowledge, outbox, learning. The language model is the built-in
reasoner behind half a second of waiting for each call: what a model costs us is its time, and a server of canned
replies on the same two cores would be measured along with the bot.

    python -m benchmarks load                       ten minutes at 0.9 messages a second in 60 sessions, then the limit
    python -m benchmarks load --seconds 60 --no-limit
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import psutil

from tests.fakes import RecordingPlatform
from vigilbot import config
from vigilbot.app import assembled
from vigilbot.chat.base import CommandGiven, MessagePosted, Place
from vigilbot.embedding.loading import load_embedder
from vigilbot.knowledge.ingest.ingesting import ingest_builtin_docs
from vigilbot.reasoning.extractive import ExtractiveReasoner
from vigilbot.runtime.loop_lag import LoopLag

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from vigilbot.app import App
    from vigilbot.models import (
        Answer,
        Card,
        Dialogue,
        Extraction,
        Finding,
        Identification,
        Judgement,
        Question,
        Reference,
        Review,
        Role,
        Session,
        Turn,
    )

LLM_SECONDS = 0.5
MOST_TO_CARD_MS = 2 * LLM_SECONDS * 1000 + 300
MOST_LAG_MS = 50.0
DRAIN_SECONDS = 30.0
SAMPLE_SECONDS = 2.0
RATES = (2.0, 4.0, 8.0, 16.0, 32.0)
LIMIT_SECONDS = 30.0
SEED = 20_261_121
UNFINISHED = "SELECT 1 FROM inbox WHERE done_at IS NULL UNION ALL SELECT 1 FROM turns WHERE outcome IS NULL LIMIT 1"
QUESTIONS = (
    "How do I change the port of the console?",
    "Which environment variable sets the data folder?",
    "How long does vigilbot wait until an idle session is closed?",
    "What does vigilbot doctor check?",
    "How can I mute the bot in a thread?",
    "Which setting names the channels to watch?",
    "How do I ingest a folder of documents?",
    "What happens when the model is down?",
    "Who may accept an answer?",
    "How do I take back an entry that was learnt?",
)
SMALL_TALK = ("thanks a lot!", "one moment please", "any news?", "it is still the same here", "great, that works")
ANALYST_LINES = (
    "Let me look.",
    "Please send me the log.",
    "Set VIGIL_PORT and restart the bot.",
    "I will be right back.",
)


def measure(*options: str) -> Iterator[dict[str, object]]:
    """Promised: an outcome for every turn, p95 to card ≤ 1,300 ms, memory flat, loop lag p99 < 50 ms."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks load")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--rate", type=float, default=0.9, help="messages a second, over all sessions")
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--no-limit", action="store_true", help="leave out the search for the highest rate")
    asked = parser.parse_args(options)
    yield {"case": "steady"} | asyncio.run(_under(asked.rate, asked.sessions, asked.seconds))
    sustained = 0.0
    for rate in () if asked.no_limit else RATES:
        figures = asyncio.run(_under(rate, asked.sessions, LIMIT_SECONDS))
        yield {"case": "limit"} | figures
        if not figures["sustained"]:
            break
        sustained = rate
    if sustained:
        yield {"case": "highest rate sustained", "messages_per_second": sustained}


class SlowReasoner(ExtractiveReasoner):
    """Thinks as the built-in one does, after as long as a model would have taken."""

    async def identify(self, dialogue: Dialogue) -> Identification:
        await asyncio.sleep(LLM_SECONDS)
        return await super().identify(dialogue)

    async def rewrite(self, dialogue: Dialogue) -> Question:
        await asyncio.sleep(LLM_SECONDS)
        return await super().rewrite(dialogue)

    async def answer(
        self,
        question: Question,
        references: Sequence[Reference],
        dialogue: Dialogue,
        findings: Sequence[Finding] = (),
    ) -> Answer:
        await asyncio.sleep(LLM_SECONDS)
        return await super().answer(question, references, dialogue, findings)

    async def extract(self, dialogue: Dialogue, question: Question) -> Extraction:
        await asyncio.sleep(LLM_SECONDS)
        return await super().extract(dialogue, question)

    async def review(self, dialogue: Dialogue, turn: Turn) -> Review:
        await asyncio.sleep(LLM_SECONDS)
        return await super().review(dialogue, turn)

    async def judge_page(self, dialogue: Dialogue, title: str, text: str) -> Judgement:
        await asyncio.sleep(LLM_SECONDS)
        return await super().judge_page(dialogue, title, text)


@dataclass
class TimedPlatform(RecordingPlatform):
    """Keeps when each session got each card."""

    arrived: list[tuple[str, float]] = field(default_factory=list)

    async def post_card(self, session: Session, card: Card, delivery_id: str) -> str:
        self.arrived.append((card.turn_id, time.time()))
        return await super().post_card(session, card, delivery_id)


class Team:
    """One thread after another: a customer asks, an analyst joins and answers, and closes when they are done."""

    def __init__(self, app: App, chance: random.Random, number: int) -> None:
        self._app, self._chance, self._number = app, chance, number
        self._place: Place | None = None
        self._said = self._length = 0

    async def goes_on(self) -> None:
        """The next message of this team."""
        if self._place is None or self._said > self._length:
            await self._begins_anew()
            return
        if self._chance.random() < 0.6:
            await self._say("customer", self._chance.choice(QUESTIONS if self._chance.random() < 0.7 else SMALL_TALK))
        else:
            await self._say("analyst", self._chance.choice(ANALYST_LINES))

    async def _begins_anew(self) -> None:
        if self._place is not None:
            close = CommandGiven(uuid4().hex, self._place, "close", "ann", "analyst", self._app.clock.now())
            await self._app.intake.receive(close)
        self._place = Place("recorded", f"C{self._number}", uuid4().hex)
        self._said, self._length = 0, self._chance.randrange(6, 18)
        await self._say("analyst", "Hello, how can I help?")

    async def _say(self, role: Role, text: str) -> None:
        assert self._place is not None  # noqa: S101  # a thread has begun
        self._said += 1
        name, now = uuid4().hex, self._app.clock.now()
        author = f"{role}-{self._number}"
        await self._app.intake.receive(MessagePosted(name, self._place, name, author, role, text, now))


async def _under(rate: float, sessions: int, seconds: float) -> dict[str, object]:
    async with _running() as (app, platform):
        loop_lag, memory, lags = LoopLag(), list[tuple[float, float]](), list[float]()
        measuring = [asyncio.create_task(loop_lag.measure()), asyncio.create_task(_sample(loop_lag, memory, lags))]
        await _talk(app, rate, sessions, seconds)
        ended = await _all_ended(app)
        for task in measuring:
            task.cancel()
        figures = await _figures(app, platform, memory, lags)
    return {"messages_per_second": rate, "sessions": sessions, "seconds": seconds, "all_ended": ended} | figures


@asynccontextmanager
async def _running() -> AsyncIterator[tuple[App, TimedPlatform]]:
    with tempfile.TemporaryDirectory() as name:
        settings = config.load(None, data_dir=Path(name), quiet_window=0.0)
        embedder, platform = await load_embedder("bundled"), TimedPlatform()
        reasoner = SlowReasoner(embedder)
        async with assembled(settings, reasoner=reasoner, platform=platform) as app:
            await app.knowledge.open()
            await ingest_builtin_docs(app.knowledge)
            await app.reasoner.warm()
            yield app, platform
        await embedder.close()


async def _talk(app: App, rate: float, sessions: int, seconds: float) -> None:
    """Messages at random moments, of random teams, at this rate on average."""
    chance = random.Random(SEED)  # noqa: S311  # for a load, not for secrets
    teams = [Team(app, chance, number) for number in range(sessions)]
    for team in teams:
        await team.goes_on()  # every thread is open before the clock runs
    began = due = time.monotonic()
    while (due := due + chance.expovariate(rate)) < began + seconds:
        await asyncio.sleep(due - time.monotonic())
        await chance.choice(teams).goes_on()


async def _sample(loop_lag: LoopLag, memory: list[tuple[float, float]], lags: list[float]) -> None:
    process = psutil.Process()
    while True:
        await asyncio.sleep(SAMPLE_SECONDS)
        memory.append((time.monotonic(), process.memory_info().rss / 2**20))
        lags.append(loop_lag.quantile(0.99))


async def _all_ended(app: App) -> bool:
    deadline = time.monotonic() + DRAIN_SECONDS
    while await app.db.rows(UNFINISHED):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.1)
    await asyncio.sleep(LLM_SECONDS)  # the last card is on its way
    return True


async def _figures(
    app: App, platform: TimedPlatform, memory: list[tuple[float, float]], lags: list[float]
) -> dict[str, object]:
    asked = {row["id"]: row["created_at"] for row in await app.db.rows("SELECT id, created_at FROM turns")}
    outcomes = await app.db.rows("SELECT outcome, count(*) AS n FROM turns GROUP BY outcome")
    lessons = await app.db.rows("SELECT count(*) AS n FROM lessons")
    to_card = [(arrived - asked[turn]) * 1000 for turn, arrived in platform.arrived]
    times, sizes = np.array(memory[len(memory) // 2 :]).T
    slope = float(np.polyfit(times, sizes, 1)[0]) * 60
    p50, p95 = (float(np.percentile(to_card, percent)) if to_card else 0.0 for percent in (50, 95))
    return {
        "turns": len(asked),
        "outcomes": dict(Counter({str(row["outcome"]): row["n"] for row in outcomes})),
        "lessons": lessons[0]["n"],
        "to_card_p50_ms": round(p50),
        "to_card_p95_ms": round(p95),
        "loop_lag_p99_ms": round(max(lags, default=0.0), 1),
        "memory_mb": [round(memory[0][1]), round(memory[-1][1])],
        "memory_slope_mb_per_minute": round(slope, 2),
        "load_average": round(psutil.getloadavg()[0], 1),
        "sustained": p95 <= MOST_TO_CARD_MS and max(lags, default=0.0) < MOST_LAG_MS,
    }
