from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from structlog.testing import capture_logs

from tests.fakes import ScriptedReasoner
from tests.safety.fetching.outside import PUBLIC, door, website
from vigilbot.knowledge.parsing.parsers import Parsers
from vigilbot.learning.links import FRESH, LinkReader, links_of
from vigilbot.models import EVERYONE, Judgement, Message, Question, Session
from vigilbot.runtime.clock import VirtualClock
from vigilbot.storage import documents, entries, sessions
from vigilbot.storage.doubts import UNREACHABLE_AFTER, doubts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.learning.keeping import Policy
    from vigilbot.models import Reference, Role
    from vigilbot.storage.documents import Document

URL = "http://docs.example/backup"
TITLE = "Backup of the cluster"
TEXT = f"<html><head><title>{TITLE}</title></head><body><article><h1>{TITLE}</h1>{{}}</article></body></html>"
NIGHTLY = "<p>The nightly backup of the cluster is started with the command clusterctl backup at two at night.</p>"
WEEKLY = "<p>The weekly backup of the cluster is started with the command clusterctl backup --full on Sundays.</p>"


@dataclass
class Site:
    """One page, as a test wants it; counts what was asked."""

    body: str = NIGHTLY
    status: int = 200
    etag: str = '"1"'
    asked: int = 0
    silent: bool = False

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked += 1
        if self.silent:
            await asyncio.sleep(5)
        if self.status == 200 and request.headers.get("If-None-Match") == self.etag:
            return web.Response(status=304)
        headers = {"ETag": self.etag}
        return web.Response(status=self.status, text=TEXT.format(self.body), content_type="text/html", headers=headers)


class Nobody(AbstractResolver):
    """Knows no name."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        raise OSError(f"{host} is unknown")

    async def close(self) -> None:
        """Nothing is open."""


def message(text: str, role: Role = "analyst", number: int = 1) -> Message:
    return Message(id=f"m{number}", session_id="s1", author=f"{role}-1", role=role, text=text, posted_at=float(number))


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (f"see {URL}.", [URL]),
        (f"see ({URL}) or <{URL}>", [URL]),
        (f"请看{URL}，谢谢", [URL]),
        (f"{URL}?utm_source=slack&page=2#top", [f"{URL}?page=2"]),
        ("https://en.example/wiki/Backup_(disambiguation)", ["https://en.example/wiki/Backup_(disambiguation)"]),
        ("https://x.example/a.png https://x.example/b.zip https://x.example/login?next=/ https://zoom.us/j/1", []),
        ("mailto:a@b.example ftp://x.example file:///etc/passwd https://me:pw@x.example/", []),
    ],
)
def test_only_pages_are_links(text: str, urls: list[str]) -> None:
    assert [shared.url for shared in links_of([message(text)])] == urls


def test_only_analysts_share() -> None:
    assert links_of([message(URL, "customer"), message(URL, "bot")]) == []


async def staged(knowledge: LocalKnowledge, said: str) -> Session:
    session = Session("s1", "console", "c1", "t1", "Backup", "engaged", opened_at=1.0)
    async with knowledge.db.transaction() as tx:
        await sessions.save(tx, session)
        await sessions.add_message(tx, message("how is the backup of the cluster started?", "customer", 1), None)
        await sessions.add_message(tx, message(said, "analyst", 2), None)
    return session


@dataclass
class Bench:
    """A reader over a real knowledge base, a real page and a reasoner that says what it is told."""

    knowledge: LocalKnowledge
    site: Site
    clock: VirtualClock
    reasoner: ScriptedReasoner
    links: LinkReader
    session: Session

    async def again(self) -> None:
        self.clock.advance_to(self.clock.now() + 2 * FRESH)
        await self.links.read(self.session)

    async def found(self) -> list[Reference]:
        asked = Question("how is the backup of the cluster started?")
        return await self.knowledge.search(asked, audiences=frozenset({EVERYONE}), limit=5)

    async def document(self) -> Document:
        document = await documents.find(self.knowledge.db, URL, EVERYONE)
        assert document
        return document


@contextlib.asynccontextmanager
async def bench(
    knowledge: LocalKnowledge, said: str = URL, *, policy: Policy = "auto", answers: str = PUBLIC, relevant: bool = True
) -> AsyncIterator[Bench]:
    site, clock = Site(), VirtualClock()
    reasoner = ScriptedReasoner(judgements=deque([Judgement(relevant, "as scripted")]))
    session = await staged(knowledge, said)
    async with website(site.answer) as wire, Parsers() as parsers:
        outside = door(wire, answers)
        links = LinkReader(knowledge, reasoner, outside, parsers, clock, "the cluster", policy, "everyone")
        await links.read(session)
        yield Bench(knowledge, site, clock, reasoner, links, session)


async def test_a_shared_page_answers_with_its_address_and_its_origin(knowledge: LocalKnowledge) -> None:
    async with bench(knowledge) as stage:
        [found] = await stage.found()
        assert "clusterctl backup" in found.text
        assert (found.kind, found.source) == ("document", URL)
        assert found.title.startswith("Backup of the cluster")
        [version] = await entries.history(knowledge.db, found.entry_id)
        [origin] = version.origins
        assert (origin.session_id, origin.message_ids, origin.people, origin.url) == (
            "s1",
            ("m2",),
            ("analyst-1",),
            URL,
        )
        assert (await stage.document()).etag == '"1"'


async def test_a_page_seen_again_is_asked_for_and_nothing_is_written_while_it_is_the_same(
    knowledge: LocalKnowledge,
) -> None:
    async with bench(knowledge) as stage:
        await stage.links.read(stage.session)
        assert stage.site.asked == 1
        await stage.again()
        stage.site.etag = '"another name for the same"'
        await stage.again()
        assert stage.site.asked == 3
        [found] = await stage.found()
        assert len(await entries.history(knowledge.db, found.entry_id)) == 1
        assert (await stage.document()).checked_at == stage.clock.now()


async def test_a_page_that_has_changed_is_written_anew(knowledge: LocalKnowledge) -> None:
    async with bench(knowledge) as stage:
        stage.site.body, stage.site.etag = WEEKLY, '"2"'
        await stage.again()
        [found] = await stage.found()
        assert "--full" in found.text
        assert len(await entries.history(knowledge.db, found.entry_id)) == 2


async def test_a_page_that_is_gone_is_flagged_and_kept(knowledge: LocalKnowledge) -> None:
    async with bench(knowledge) as stage:
        stage.site.status = 410
        await stage.again()
        first = stage.clock.now()
        await stage.again()
        assert (await stage.document()).dead_since == first
        assert len(await stage.found()) == 1
        stage.site.status = 200
        await stage.again()
        assert (await stage.document()).dead_since is None


async def test_a_page_out_of_reach_visit_after_visit_is_flagged_and_one_that_answers_again_is_not(
    knowledge: LocalKnowledge,
) -> None:
    async def flagged() -> list[str]:
        found = await doubts(knowledge.db, 0.0, 10)
        return [doubt.why for doubt in found.shown if doubt.kind == "unreachable"]

    async with bench(knowledge) as stage:
        stage.site.status = 503
        await stage.again()
        first = stage.clock.now()
        await stage.links.read(stage.session)  # within the hour: not a visit
        await stage.again()
        assert await flagged() == []
        await stage.again()
        assert ((await stage.document()).failures, (await stage.document()).failing_since) == (3, first)
        assert await flagged() == [f"its page was not to be had at the last 3 visits: {URL}"]
        assert len(await stage.found()) == 1, "nothing is dropped"
        stage.site.status = 404
        await stage.again()
        assert await flagged() == [], "gone says more"
        stage.site.status = 200
        await stage.again()
        assert ((await stage.document()).failures, (await stage.document()).failing_since) == (0, None)


@pytest.mark.parametrize("fault", ["timeout", "unresolved"])
async def test_silence_and_a_name_that_is_lost_count_as_out_of_reach(
    knowledge: LocalKnowledge, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(knowledge) as stage:
        if fault == "timeout":
            stage.site.silent = True
            monkeypatch.setattr(stage.links.door, "_seconds", 0.3)
        else:
            monkeypatch.setattr(stage.links.door, "_resolver", Nobody())
        for _ in range(UNREACHABLE_AFTER):
            await stage.again()
        assert (await stage.document()).failures == UNREACHABLE_AFTER


async def test_what_does_not_help_is_left(knowledge: LocalKnowledge) -> None:
    with capture_logs() as logs:
        async with bench(knowledge, relevant=False) as stage:
            assert await stage.found() == []
            assert not stage.reasoner.judgements
    assert "link_left" in [entry["event"] for entry in logs]
    assert [entry for entry in logs if "as scripted" in entry.values() and entry["log_level"] != "debug"] == []


async def test_an_internal_address_is_never_opened_and_fails_nothing(knowledge: LocalKnowledge) -> None:
    async with bench(knowledge, answers="169.254.169.254") as stage:
        assert stage.site.asked == 0
        assert await stage.found() == []


async def test_where_approval_is_asked_for_a_page_waits(knowledge: LocalKnowledge) -> None:
    async with bench(knowledge, policy="approve") as stage:
        assert await stage.found() == []
        assert (await stage.document()).content_hash


async def test_a_page_brings_no_secret_in(knowledge: LocalKnowledge) -> None:
    async with bench(knowledge) as stage:
        stage.site.body, stage.site.etag = NIGHTLY + "<p>Use the password: Tr0ub4dor3 for it.</p>", '"2"'
        await stage.again()
        [found] = await stage.found()
        assert "Tr0ub4dor3" not in found.text
        assert "[secret]" in found.text
