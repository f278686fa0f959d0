"""The API of the knowledge pages, over a real knowledge base: everything is shown, and every change is a version."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest_asyncio

from tests.canaries import found
from tests.knowledge.entries import BY, document, pair
from tests.test_canaries import planted
from tests.web.conftest import running_console
from vigilbot.models import EVERYONE, Audience, Origin, Question

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.web.conftest import Console
    from vigilbot.knowledge.local import LocalKnowledge


@asynccontextmanager
async def curated(folder: Path, knowledge: LocalKnowledge) -> AsyncIterator[Console]:
    taught = Origin("console-room-1", people=("ann",))
    learnt = pair("p", "Which port?", "Port 8008.")
    await knowledge.put([document("d", "All about ports.", title="Ports")], BY)
    await knowledge.put([learnt], replace(BY, origins=(taught,)))
    await knowledge.put([replace(learnt, content=replace(learnt.content, text="Port 8009."))], replace(BY, who="ben"))
    await knowledge.put([replace(pair("w", "Is it waiting?", "Yes."), status="pending")], BY)
    await knowledge.put([pair("c", "For Acme?", "Only.", Audience("customer:acme"))], BY)
    async with running_console(folder, knowledge) as console:
        yield console


@pytest_asyncio.fixture
async def shown(tmp_path: Path, knowledge: LocalKnowledge) -> AsyncIterator[Console]:
    async with curated(tmp_path, knowledge) as console:
        yield console


async def ids(console: Console, query: str = "") -> list[str]:
    status, found = await console.call("GET", f"/api/entries?{query}")
    assert status == 200, found
    return [entry["id"] for entry in found["entries"]]


async def seen(console: Console, id_: str) -> Any:
    status, found = await console.call("GET", f"/api/entries/{id_}/history")
    assert status == 200, found
    return found


async def test_the_list_has_every_status_and_audience_and_can_be_narrowed(shown: Console) -> None:
    assert await ids(shown) == ["c", "w", "p", "d"]
    assert await ids(shown, "kind=document") == ["d"]
    assert await ids(shown, "status=pending") == ["w"]
    assert await ids(shown, "audience=customer:acme") == ["c"]
    assert await ids(shown, "words=PORT+8009") == ["p"]
    assert await ids(shown, "words=100%25") == []
    assert await ids(shown, "source=d.md") == ["d"]
    assert await ids(shown, "session=console-room-1") == await ids(shown, "person=ann") == ["p"]
    assert await ids(shown, "url=https://example.org") == []


async def test_the_list_has_pages_and_says_how_many_wait(shown: Console) -> None:
    _, found = await shown.call("GET", "/api/entries?limit=3&page=2")
    assert (found["total"], found["pages"], found["pending"]) == (4, 2, 1)
    assert [entry["id"] for entry in found["entries"]] == ["d"]
    for query in ("page=0", "limit=1000", "page=x", "page=²", "kind=poem", "status=lost", "words=" + "x" * 600):
        status, said = await shown.call("GET", f"/api/entries?{query}")
        assert (status, "must be" in said["error"] or "may have" in said["error"]) == (400, True)


async def test_an_entry_shows_versions_provenance_and_uses(shown: Console) -> None:
    view = await seen(shown, "p")
    assert (view["entry"]["version"], view["entry"]["uses"]["cited"]) == (2, 0)
    now, then = view["versions"]
    assert (now["who"], now["text"], now["brought"]) == ("ben", "Port 8009.", [])
    assert now["origins"] == then["brought"] == then["origins"]
    assert then["brought"][0]["people"] == ["ann"]
    assert (await shown.call("GET", "/api/entries/nosuch/history"))[0] == 404


async def test_revert_retire_and_revert_again(shown: Console, knowledge: LocalKnowledge) -> None:
    _, view = await shown.call(
        "POST", "/api/entries/p/revert", {"author": "Sam", "why": "8009 was wrong", "version": 2}
    )
    assert (view["entry"]["text"], view["entry"]["version"]) == ("Port 8008.", 3)
    assert (view["versions"][0]["who"], view["versions"][0]["why"]) == ("Sam", "8009 was wrong")
    _, view = await shown.call("POST", "/api/entries/p/retire", {"author": "Sam"})
    assert view["entry"]["status"] == "retired"
    assert await found_by(knowledge, "Which port?", "p") is None
    _, view = await shown.call("POST", "/api/entries/p/revert", {"to": 2})
    assert (view["entry"]["status"], view["entry"]["text"]) == ("active", "Port 8009.")
    assert await found_by(knowledge, "Which port?", "p") == "Port 8009."


async def test_a_reason_is_kept_without_secrets(shown: Console) -> None:
    for action, id_ in (("retire", "d"), ("approve", "w"), ("revert", "p")):
        _, view = await shown.call("POST", f"/api/entries/{id_}/{action}", {"why": planted(action)})
        assert view["versions"][0]["why"].startswith(f"The {action} says token [secret]")
        assert found(json.dumps(view), action) == []


async def found_by(knowledge: LocalKnowledge, question: str, id_: str) -> str | None:
    found = await knowledge.search(Question(question), audiences=frozenset({EVERYONE}), limit=5)
    return next((reference.text for reference in found if reference.entry_id == id_), None)


async def test_a_pending_entry_is_used_only_once_approved(shown: Console, knowledge: LocalKnowledge) -> None:
    assert await found_by(knowledge, "Is it waiting?", "w") is None
    status, view = await shown.call("POST", "/api/entries/w/approve", {"author": "Sam"})
    assert (status, view["entry"]["status"]) == (200, "active")
    assert await found_by(knowledge, "Is it waiting?", "w") == "Yes."
    status, said = await shown.call("POST", "/api/entries/w/approve", {})
    assert (status, said["error"]) == (409, "w is not pending: it is active")


async def test_a_pending_entry_is_edited_and_approved_or_rejected(shown: Console, knowledge: LocalKnowledge) -> None:
    words = {"question": "Did it wait?", "text": "It did.", "author": "Sam", "approve": True}
    status, view = await shown.call("PATCH", "/api/entries/w", words)
    assert (status, view["entry"]["status"], view["entry"]["question"]) == (200, "active", "Did it wait?")
    assert view["versions"][0]["brought"][0]["people"] == ["Sam"]
    await knowledge.put([replace(pair("v", "And this?", "No."), status="pending")], BY)
    _, view = await shown.call("POST", "/api/entries/v/reject", {})
    assert view["entry"]["status"] == "retired"
    assert view["versions"][0]["why"] == "rejected in the console"


async def test_what_does_not_fit_is_one_line(shown: Console) -> None:
    refused = [
        ("POST", "/api/entries/d/revert", {}, 409, "d has only one version: nothing to revert"),
        ("POST", "/api/entries/d/revert", {"to": 7}, 404, "d has no version 7; it has 1 to 1"),
        ("POST", "/api/entries/d/revert", {"to": "1"}, 400, "'to' must be a whole number from 1"),
        ("POST", "/api/entries/p/retire", {"version": 1}, 409, "this entry has changed meanwhile"),
        ("PATCH", "/api/entries/p", {"text": "Port 8009."}, 409, "p says that already"),
        ("PATCH", "/api/entries/p", {"text": " "}, 409, "an entry needs a text"),
        ("PATCH", "/api/entries/p", {"text": "x" * 40_001}, 413, "at most 40,000 fit"),
        ("PATCH", "/api/entries/p", {"colour": "red"}, 400, "unknown field 'colour'"),
        ("POST", "/api/entries/nosuch/retire", {}, 404, "no entry nosuch"),
    ]
    for method, path, body, code, line in refused:
        status, said = await shown.call(method, path, body)
        assert (status, line in said["error"]) == (code, True), said


async def test_what_should_be_looked_at(shown: Console) -> None:
    _, found = await shown.call("GET", "/api/review")
    assert found["totals"] == {"pending": 1, "contradicted": 0, "dead": 0, "unreachable": 0, "unused": 3}
    kinds = {(doubt["kind"], doubt["entry"]["id"]) for doubt in found["shown"]}
    assert kinds == {("pending", "w"), ("unused", "d"), ("unused", "p"), ("unused", "c")}


async def test_the_pages_and_their_api_ask_for_the_token(tmp_path: Path, knowledge: LocalKnowledge) -> None:
    async with running_console(tmp_path, knowledge, console_token="secret") as console:  # noqa: S106 - of this test
        for path in ("/knowledge", "/knowledge/p"):
            async with console.http.get(console.url + path) as page:
                assert (page.status, 'id="token"' in await page.text()) == (401, True)
        for method, path in (("GET", "/api/entries"), ("GET", "/api/review"), ("POST", "/api/entries/p/retire")):
            assert (await console.call(method, path, None if method == "GET" else {}))[0] == 401


async def test_another_page_cannot_change_entries(shown: Console) -> None:
    status, _ = await shown.call("POST", "/api/entries/p/retire", {}, headers={"Origin": "https://evil.example"})
    assert status == 403
    form = aiohttp.FormData({"author": "x"})
    async with shown.http.post(f"{shown.url}/api/entries/p/retire", data=form) as response:
        assert response.status == 415
