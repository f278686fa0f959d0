"""A console on a real socket: real database, intake, lanes, courier, page; only the thinking is scripted."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import aiohttp
import numpy as np
import orjson
import pytest_asyncio
from aiohttp.test_utils import TestServer

from vigilbot.app.delivering import courier_for
from vigilbot.app.leftovers import Leftovers
from vigilbot.chat.console.platform import ConsolePlatform
from vigilbot.config import load
from vigilbot.errors import NotFound
from vigilbot.models import EVERYONE, Answer, AnswerPart, Audience, Card, Entry, Question, Reference, Source
from vigilbot.pipeline.silence import why_silent
from vigilbot.pipeline.standdown import StandDown
from vigilbot.runtime.activity import Activity
from vigilbot.runtime.clock import WallClock
from vigilbot.runtime.tasks import Tasks
from vigilbot.sessions.actor import Desk
from vigilbot.sessions.feed import Feed
from vigilbot.sessions.intake import Intake
from vigilbot.storage import cards, outbox, turns
from vigilbot.storage.database import Database
from vigilbot.web.application import build
from vigilbot.web.parts import Parts
from vigilbot.web.status import Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.models import Outcome, Session, Turn

REFERENCE = Reference(
    entry_id="entry-1",
    version=2,
    kind="document",
    title="Ports",
    text="The console listens on port 8008.",
    source="https://docs.example.org/ports",
    score=0.9,
    scores={"dense": 0.8},
)


class OneEntry:
    """A knowledge base that holds a single public entry, and one that belongs to somebody else."""

    async def search(self, question: Question, *, audiences: frozenset[Audience], limit: int) -> list[Reference]:
        assert EVERYONE in audiences
        assert limit > 0
        return [REFERENCE] if "port" in question.text else []

    async def get(self, entry_id: str) -> Entry:
        audience = {"entry-1": EVERYONE, "private-1": Audience("customer:acme")}.get(entry_id)
        if audience is None:
            raise NotFound(f"no entry {entry_id}")
        return Entry(
            entry_id, "document", "Ports", REFERENCE.text, "", REFERENCE.source, audience, "active", 2, 1.0, 1.0
        )

    async def count(self) -> int:
        return 1


@dataclass
class Console:
    """The running console, as a script sees it. Turns end with the outcomes in `script`, then `answered`."""

    url: str
    http: aiohttp.ClientSession
    parts: Parts
    health: SteadyHealth
    script: list[Outcome] = field(default_factory=list)
    ready: bool = True

    async def call(self, method: str, path: str, json: object = None, **more: Any) -> tuple[int, Any]:
        if json is not None:
            more["json"] = json
        async with self.http.request(method, self.url + path, **more) as response:
            return response.status, await response.json()

    async def open(self, title: str = "Ports") -> str:
        status, body = await self.call("POST", "/api/sessions", {"title": title})
        assert status == 201, body
        return str(body["id"])

    async def say(self, session: str, role: str, text: str, **more: object) -> str:
        body = {"author": {"customer": "Mia", "analyst": "Sam"}[role], "role": role, "text": text, **more}
        status, answer = await self.call("POST", f"/api/sessions/{session}/messages", body)
        assert status == 201, answer
        return str(answer["id"])

    async def view(self, session: str) -> Any:
        status, body = await self.call("GET", f"/api/sessions/{session}")
        assert status == 200, body
        return body

    async def until(self, session: str, seen: Any) -> Any:
        """The first view, streamed by the server, for which `seen(view)` is true."""
        timeout = aiohttp.ClientTimeout(total=10)
        async with self.http.get(f"{self.url}/api/sessions/{session}/events", timeout=timeout) as stream:
            async for view in views_of(stream):
                if seen(view):
                    return view
        raise AssertionError("the stream has ended")

    async def answered(self, session: str) -> Any:
        """Engage the session, ask, and return the view once the card is there."""
        await self.say(session, "analyst", "I am with you.")
        await self.say(session, "customer", "Which port does it use?")
        return await self.until(session, lambda view: any(card["state"] == "posted" for card in view["cards"]))


@dataclass
class SteadyHealth:
    """What the probes show, as a test sets it."""

    loading: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    weaknesses: dict[str, str] = field(default_factory=dict)
    live: bool = True
    lag_ms: float = 0.5

    @property
    def ready(self) -> bool:
        return not self.loading and not self.faults

    async def metrics(self) -> bytes:
        return b"vigilbot_ready 1.0\n"


async def views_of(stream: aiohttp.ClientResponse) -> AsyncIterator[Any]:
    kind = b""
    async for line in stream.content:
        if line.startswith(b"event: "):
            kind = line[7:].strip()
        elif line.startswith(b"data: ") and kind != b"ping":
            yield orjson.loads(line[6:])


@asynccontextmanager
async def running_console(
    folder: Path, knowledge: LocalKnowledge | None = None, **settings: object
) -> AsyncIterator[Console]:
    """Serve a console from `folder`, by default with a knowledge base of one entry; other arguments are settings."""
    chosen = load(None, **{"data_dir": folder, "quiet_window": 0.0, **settings})
    db = knowledge.db if knowledge else await Database.open(folder / "vigilbot.db")
    clock, activity, feed, tasks = WallClock(), Activity(), Feed(), Tasks()
    platform = ConsolePlatform(clock, folder, feed.publish, "http://console.test")

    async def respond(turn: Turn) -> Turn:
        return await _end(turn, served.script.pop(0) if served.script else "answered", db, clock.now())

    async def status() -> Status:
        loading = "" if served.ready else "the embedding model"
        return Status("extractive", loading, (("docs/ports.md", 1),), own_docs_only=True, entries=1)

    health = SteadyHealth()
    leftovers = Leftovers(db, platform, clock)

    def take_up(session: Session, turn: Turn) -> None:
        intake.take_up(session, turn)

    courier = courier_for(db, platform, StandDown(900.0), clock, tasks, feed, activity, leftovers, take_up)
    desk = Desk(db, clock, tasks, activity, feed, courier, respond, chosen.engage, chosen.quiet_window)
    intake = Intake(desk)
    await platform.start(intake.receive)
    known = knowledge or cast("LocalKnowledge", OneEntry())
    parts = Parts(chosen, db, feed, clock, platform, known, status, health)
    server = TestServer(build(parts))
    await server.start_server()
    async with aiohttp.ClientSession() as http:
        served = Console(str(server.make_url("")).rstrip("/"), http, parts, health)
        yield served
    await server.close()
    await platform.stop()
    await tasks.drain(2)
    if not knowledge:
        await db.close()


async def _end(turn: Turn, outcome: Outcome, db: Database, now: float) -> Turn:
    ended = replace(
        turn,
        outcome=outcome,
        reason="as scripted",
        question=Question("Which port does vigilbot use?"),
        references=(REFERENCE,),
        answer=Answer((AnswerPart("", "It is 8008 <doc_1>."),), "extractive"),
        timings={"total": 12.0},
        ended_at=now,
    )
    async with db.transaction() as tx:
        await turns.end_turn(tx, ended)
        if outcome == "answered":
            source = Source(1, "entry-1", REFERENCE.title, REFERENCE.source, REFERENCE.text)
            part = AnswerPart("", "It is 8008 [1].")
            card = Card(uuid4().hex, turn.session_id, turn.id, (part,), (source,), "extractive", "queued", now)
            await cards.add(tx, card, np.ones(3, dtype=np.float32))
        elif turn.addressed:
            await outbox.order_notice(tx, turn.session_id, why_silent(ended), None, now)
    return ended


@pytest_asyncio.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    async with running_console(tmp_path) as served:
        yield served
