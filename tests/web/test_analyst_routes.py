"""The analysts' routes over HTTP: a page fills a gap for its audience alone; nothing malformed gets through."""

from __future__ import annotations

import json
from base64 import b64decode
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from tests.fakes import ScriptedReasoner
from tests.flywheel.said import turn_of
from tests.safety.fetching.outside import door, website
from tests.web.conftest import running_console
from tests.web.test_bad_input import CORPUS
from vigilbot.app.annotations import analyst_desk, forms_for
from vigilbot.app.foundation import Foundation
from vigilbot.app.permalinks import permalinks
from vigilbot.knowledge.parsing.parsers import Parsers
from vigilbot.learning.closing import Closing
from vigilbot.learning.keeping import Keeper
from vigilbot.learning.links import LinkReader
from vigilbot.models import EVERYONE, Audience, Gap, Question
from vigilbot.runtime.tasks import Tasks
from vigilbot.storage import annotations as stored
from vigilbot.storage import gaps, suggestions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.web.conftest import Console
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.learning.keeping import Policy

ACME = Audience("customer:acme")
PAGE = """<html><head><title>Growing disks</title></head><body><article><h1>Growing disks</h1>
<p>The disk of the cluster is grown with clusterctl volume grow, while the cluster runs.</p></article></body></html>"""
URL = "http://docs.example/disks"
ROUTES = (
    "/api/delivery",
    "/api/analysts/snooze",
    "/api/gaps/g1/close",
    "/api/gaps/g1/drop",
    "/api/turns/t1/annotations",
    "/api/suggestions/s1/post",
    "/api/suggestions/s1/decline",
)


async def page(request: web.BaseRequest) -> web.StreamResponse:
    if request.path == "/gone":
        return web.Response(status=404)
    return web.Response(text=PAGE, content_type="text/html")


@asynccontextmanager
async def staffed(folder: Path, knowledge: LocalKnowledge, policy: Policy = "auto") -> AsyncIterator[Console]:
    """A console with the real analysts' desk, one answered turn, and a gap of Acme's that is open."""
    await turn_of(knowledge.db, 1)
    async with knowledge.db.transaction() as tx:
        await gaps.open_gap(tx, Gap("g1", "s1", "t1", "How do I grow it?", "the command", ACME, "open", "ann", 20.0))
    async with running_console(folder, knowledge) as console, website(page) as wire, Parsers() as parsers:
        settings, clock, platform = console.parts.settings, console.parts.clock, console.parts.console
        reasoner, tasks = ScriptedReasoner(), Tasks()
        links = LinkReader(knowledge, reasoner, door(wire), parsers, clock, "", policy, "everyone")
        keeper = Keeper(knowledge, clock, permalinks(platform), policy, "everyone")
        closing = Closing(knowledge.db, reasoner, keeper, "", links)

        async def deliver() -> None:
            """No card is ordered here."""

        base = Foundation(settings, clock, knowledge.db, knowledge, tasks, feed=console.parts.feed)
        analyst_desk(base, forms_for(base, reasoner), reasoner, platform, closing, deliver)
        yield console
        await tasks.drain(1)


async def found(knowledge: LocalKnowledge, *audiences: Audience) -> list[str]:
    asked = Question("How do I grow the disk of the cluster?")
    references = await knowledge.search(asked, audiences=frozenset({EVERYONE, *audiences}), limit=5)
    return [reference.text for reference in references]


async def test_a_page_fills_a_gap_and_only_its_audience_is_answered_from_it(
    tmp_path: Path, knowledge: LocalKnowledge
) -> None:
    async with staffed(tmp_path, knowledge) as console:
        status, said = await console.call("POST", "/api/gaps/g1/close", {"author": "ben", "link": URL})
        assert (status, said["said"]) == (200, "Thank you: it is in the knowledge base now.")
        gap = await gaps.get(knowledge.db, "g1")
        assert (gap.state, gap.closed_by, len(gap.entry_ids)) == ("closed", "ben", 1)
        entry = await knowledge.get(gap.entry_ids[0])
        assert (entry.audience, entry.source, entry.kind) == (ACME, URL, "document")
        assert "clusterctl volume grow" in (await found(knowledge, ACME))[0]
        assert await found(knowledge) == []
        assert await found(knowledge, Audience("customer:other"), Audience("channel:room")) == []


async def test_where_pages_are_approved_the_analyst_is_told_that_it_waits(
    tmp_path: Path, knowledge: LocalKnowledge
) -> None:
    async with staffed(tmp_path, knowledge, policy="approve") as console:
        status, said = await console.call("POST", "/api/gaps/g1/close", {"author": "ben", "link": URL})
        waits = "Thank you: it has been read, and is not used before somebody approves it."
        assert (status, said["said"]) == (200, waits)
        assert await found(knowledge, ACME) == []


async def test_a_written_answer_reaches_the_gaps_audience_alone(tmp_path: Path, knowledge: LocalKnowledge) -> None:
    async with staffed(tmp_path, knowledge) as console:
        body = {"author": "ben", "question": "How is the disk of the cluster grown?", "answer": "By clusterctl grow."}
        assert (await console.call("POST", "/api/gaps/g1/close", body))[0] == 200
        assert await found(knowledge, ACME) == ["By clusterctl grow."]
        assert await found(knowledge) == []
        assert await found(knowledge, Audience("customer:other"), Audience("channel:room")) == []


@pytest.mark.parametrize(
    "link", ["http://docs.example/gone", "http://127.0.0.1/", "file:///etc/passwd", "disks", "x" * 3_000]
)
async def test_a_page_that_cannot_be_had_leaves_the_gap_open(
    tmp_path: Path, knowledge: LocalKnowledge, link: str
) -> None:
    async with staffed(tmp_path, knowledge) as console:
        status, said = await console.call("POST", "/api/gaps/g1/close", {"author": "ben", "link": link})
        assert 400 <= status < 500, said
        assert "\n" not in said["error"]
        assert (await gaps.get(knowledge.db, "g1")).state == "open"
        assert await knowledge.count() == 0


async def test_no_malformed_body_changes_anything(tmp_path: Path, knowledge: LocalKnowledge) -> None:
    lines = (CORPUS / "malformed_json" / "jsontestsuite.jsonl").read_text("utf-8").splitlines()
    bodies = [b64decode(json.loads(line)["b64"]) for line in lines]
    async with staffed(tmp_path, knowledge) as console:
        for route in ROUTES:
            for body in bodies:
                async with console.http.post(
                    console.url + route, data=body, headers={"Content-Type": "application/json"}
                ) as response:
                    said = await response.json()
                    assert response.status == 400, (route, body, said)
                    assert "\n" not in said["error"]
        assert (await gaps.get(knowledge.db, "g1")).state == "open"
        assert await suggestions.choices(knowledge.db) == {}
        assert await stored.since(knowledge.db) == []
        assert await knowledge.db.rows("SELECT * FROM annotation_snoozes") == []


@pytest.mark.parametrize(
    ("route", "fault", "named"),
    [
        ("/api/delivery", {"mode": "loud"}, "mode"),
        ("/api/delivery", {"mode": ["suggest"]}, "mode"),
        ("/api/delivery", {"mode": "suggest", "audience": "team:x"}, "audience"),
        ("/api/delivery", {"mode": "suggest", "audience": 7}, "audience"),
        ("/api/analysts/snooze", {"until": 9}, "until"),
        ("/api/gaps/g1/close", {"answer": ["x"]}, "answer"),
        ("/api/gaps/g1/close", {"link": {"url": URL}}, "link"),
        ("/api/gaps/g1/drop", {"answer": "x"}, "answer"),
        ("/api/turns/t1/annotations", {"relevance": {"9" * 5_000: "relevant"}}, "relevance"),
        ("/api/turns/t1/annotations", {"relevance": {"1": ["relevant"]}}, "relevance"),
        ("/api/turns/t1/annotations", {"relevance": {"²": "relevant"}}, "relevance"),
        ("/api/turns/t1/annotations", {"reasons": [{}]}, "reasons"),
        ("/api/turns/t1/annotations", {"grade": {"better": 1}}, "grade"),
    ],
)
async def test_a_field_of_the_wrong_kind_is_named(
    tmp_path: Path, knowledge: LocalKnowledge, route: str, fault: dict[str, object], named: str
) -> None:
    async with staffed(tmp_path, knowledge) as console:
        status, said = await console.call("POST", route, {"author": "ben", **fault})
        assert (status, f"'{named}'" in said["error"]) == (400, True), said
        assert (await gaps.get(knowledge.db, "g1")).state == "open"
