"""Secrets planted in everything that people, pages, tools and a model's eyes bring in: they stay nowhere.

The whole bot with a language model: real litellm, a real tool server, database and index; what the model says is
scripted, and every request to it is kept.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import structlog

from tests.canaries import canaries, found
from tests.knowledge.entries import BY
from tests.reasoning.prompted.conftest import ASKS, says
from tests.scene import PLACE
from tests.standins.aimock import aimock
from tests.test_prompted_dialogue import answered, model, rewritten, scope
from tests.tickets.stage import AlertingPlatform, TriageScene
from tests.tools.conftest import misbehaving, offering, written
from vigilbot import config
from vigilbot.app import assembled
from vigilbot.chat.analysts import Answers
from vigilbot.chat.base import AlertAnswered, MessageEdited, SessionOpened
from vigilbot.knowledge.curation import curating
from vigilbot.knowledge.ingest.ingesting import ingest
from vigilbot.runtime import logs
from vigilbot.runtime.clock import VirtualClock
from vigilbot.storage import lessons
from vigilbot.tools.toolbox import McpToolbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.standins.aimock import Aimock
    from vigilbot.storage.database import Database

PLACES = ("page", "row", "edit", "title", "root", "history", "question", "reworded", "finding", "reply", "taught")
SAID_LATER = ("lacking", "note", "opinion")
QUESTION = "How do I change the port of the console?"
KNOWN = "Set VIGIL_PORT to change the port of the console, and restart it."
TASKS = ("identify", "rewrite", "choose_tools", "answer", "extract", "review", "triage", "problem")


def planted(place: str, text: str = "") -> str:
    return f"{text} The {place} says {canaries(place).text}".strip()


def fixtures() -> list[dict[str, object]]:
    """What the model says; it reads the canary of `reply` off a picture, as it were."""
    echo = {"tool": "bad.echo", "arguments": []}
    learnt = {"messages": [6], "question": QUESTION, "answer": planted("reply", KNOWN)}
    seen = {"reasoning": planted("reply")}
    return [
        says("identify", {**scope("within_scope"), **seen}),
        says("rewrite", {**rewritten(planted("reply", QUESTION)), **seen}),
        says("choose_tools", {"calls": [echo], **seen}),
        says("answer", {**answered(f"{planted('reply', KNOWN)} <doc_1><tool_1>"), **seen}),
        says("extract", {**learnt, **seen}),
        says("review", {"verdict": "update", "misleading": [1], **learnt, **seen}),
        says("triage", {"category": "system_failure", "evidence": [QUESTION], **seen}),
        says("problem", {"statement": planted("reply"), **seen}),
        says("judge_annotation", {"verdict": "consistent", **seen}),
    ]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged, at the most talkative level."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    before = structlog.get_config()
    logs.configure("debug")
    yield stream
    structlog.configure(**before)


@asynccontextmanager
async def opened(folder: Path, tools: Path, llm: Aimock) -> AsyncIterator[TriageScene]:
    clock, platform = VirtualClock(), AlertingPlatform()
    chosen = config.load(None, data_dir=folder, mcp_config=tools, annotate_share=0, **model(llm))
    async with assembled(chosen, clock=clock, platform=platform) as app:
        await app.knowledge.open()
        await app.reasoner.warm()
        assert isinstance(app.toolbox, McpToolbox)
        await offering(app.toolbox, 1)
        yield TriageScene(app, clock, platform, alerting=platform)


def documents(folder: Path) -> Path:
    """A page, a row of a corpus, and one that is as it should be."""
    folder.mkdir()
    (folder / "ports.md").write_text(f"# Ports\n\n{planted('page', KNOWN)}\n", "utf-8")
    row = {"id": "row", "title": planted("row"), "text": planted("row", KNOWN)}
    rows = [row, {"id": "old", "text": "The console shows rooms."}]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return folder


async def furnish(scene: TriageScene, folder: Path) -> None:
    """What is read, and an entry that a person has put in other words."""
    await ingest(scene.app.knowledge, [folder])
    [old] = await scene.app.db.rows("SELECT id FROM current_entries WHERE text LIKE 'The console shows%'")
    text = planted("edit", KNOWN)
    await curating.edit(scene.app.knowledge, old["id"], BY, title=planted("edit"), question="", text=text)


async def converse(scene: TriageScene) -> None:
    """A session from its title to its lesson, with what analysts say about it on the way."""
    now = scene.clock.now
    await scene.app.intake.receive(SessionOpened("o1", PLACE, planted("title"), now()))
    root = await scene.say("customer", planted("root", "hello,"))
    await scene.say("analyst", planted("history", "let me look."))
    await scene.app.intake.receive(MessageEdited("x1", PLACE, root, planted("reworded", "hello again,"), now()))
    await scene.say("customer", planted("question", QUESTION))
    await scene.passes()
    [turn] = await scene.turns()
    assert turn.outcome == "answered", turn.reason
    assert turn.findings
    told = Answers(
        use="unused", lacking=planted("lacking", "the port of the metrics"), note=planted("note", "much too long")
    )
    await scene.app.analysts.annotate(turn.id, "analyst", told)
    [alert] = await scene.alerts()
    await scene.app.intake.receive(
        AlertAnswered("a1", PLACE, alert.id, "dislike", "Sam", now(), "other", planted("opinion", "only a question"))
    )
    await scene.say("customer", "no, that changed nothing")
    await scene.say("analyst", planted("taught", f"sorry. {KNOWN}"))
    await scene.command("close", "analyst")
    await scene.passes()
    assert await lessons.of_session(scene.app.db, PLACE.session_id)


async def stored(db: Database) -> str:
    """Every row of every table: in the file, long texts lie in pieces."""
    tables = [row["name"] for row in await db.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    rows = [dict(row) for table in tables for row in await db.rows(f'SELECT * FROM "{table}"')]  # noqa: S608 - its own names
    return "\n".join(map(str, rows))


async def test_a_secret_reaches_no_model_no_file_and_no_log(tmp_path: Path, logged: io.StringIO) -> None:
    folder, everything = tmp_path / "data", (*PLACES, *SAID_LATER)
    rules = {"echo": {"arguments": {"text": {"const": planted("finding", "port 8008 is open.")}}}}
    tools = written(tmp_path / "mcp.json", {"bad": misbehaving("offers_much")}, {"bad": rules})
    async with aimock(fixtures()) as llm:
        async with opened(folder, tools, llm) as scene:
            await furnish(scene, documents(tmp_path / "pages"))
            await converse(scene)
            rows = await stored(scene.app.db)
            cards = str([*scene.platform.posted, *scene.alerting.alerted.values(), *scene.platform.notices])
        sent = "\n".join(json.dumps(body, ensure_ascii=False) for body in await llm.requests())
    files = "\n".join(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())
    assert {
        "model": found(sent, *everything),
        "rows": found(rows, *everything),
        "files": found(files, *everything),
        "cards": found(cards, *everything),
        "log": found(logged.getvalue(), *everything),
    } == {"model": [], "rows": [], "files": [], "cards": [], "log": []}
    assert [task for task in TASKS if ASKS[task] not in sent] == [], "every one of them was asked"
    assert [place for place in everything if f"The {place} says token [secret]" not in rows] == [], (
        "what was planted was stored"
    )
    shown = ("page", "row", "edit", "history", "question", "reworded", "finding", "taught")
    assert [place for place in shown if f"The {place} says token [secret]" not in sent] == []
