"""The road of a ticket: judged at every message, told once, linked, split, closed, told again only when due."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.fakes import ScriptedReasoner
from tests.tickets.stage import outage, triaged
from vigilbot.chat.base import AlertAnswered, MessageDeleted, TicketAsked
from vigilbot.errors import ModelUnavailable
from vigilbot.models import OTHER, Message, Sameness, Severity
from vigilbot.storage import alerts, inbox, sessions
from vigilbot.tickets.alerting import RESOLVED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vigilbot.chat.base import TicketRequest
    from vigilbot.models import Category, Dialogue

DOWN = "The login service is down in eu-1 for everybody."


@dataclass
class Slow(ScriptedReasoner):
    begun: int = 0
    ended: int = 0

    async def triage(self, dialogue: Dialogue, categories: Sequence[Category]) -> Severity:
        self.begun += 1
        self.answering.set()
        await asyncio.sleep(0.2)
        self.ended += 1
        return Severity(OTHER, f"{len(dialogue.messages)} messages")


async def test_gravity_that_appears_late_is_told_once_with_its_reasons(tmp_path: Path) -> None:
    thinking = ScriptedReasoner(severities=deque([Severity(OTHER, "a question"), outage(DOWN)]))
    async with triaged(tmp_path, thinking) as scene:
        await scene.say("customer", "How do I log in?", "Mia")
        await scene.passes()
        assert (await scene.ticket()).state == "active"
        await scene.say("customer", DOWN, "Mia")
        await scene.passes()
        ticket = await scene.ticket()
        assert (ticket.state, ticket.category, ticket.evidence) == ("escalated", "outage", (DOWN,))
        assert await scene.steps() == ["analyzing", "active", "analyzing", "pending", "escalated"]
        [card] = scene.alerting.alerted.values()
        assert (card.alert.channel, card.customers, card.closed) == ("#incidents", 1, False)


async def test_a_burst_is_one_analysis_and_a_newer_message_supersedes_one_under_way(tmp_path: Path) -> None:
    thinking = Slow()
    async with triaged(tmp_path, thinking) as scene:
        for number in range(3):
            await scene.say("customer", f"line {number}")
        passing = asyncio.create_task(scene.passes(5))
        await thinking.answering.wait()
        await scene.say("analyst", "Let me look.")
        await passing
        await scene.passes()
        assert (thinking.begun, thinking.ended) == (2, 1)
        assert (await scene.ticket()).reason == "4 messages"


async def test_evidence_that_nobody_wrote_and_a_category_off_the_menu_leave_it_undecided(tmp_path: Path) -> None:
    said = [outage("The database was deleted."), Severity("catastrophe", "r", (DOWN,)), outage(DOWN)]
    async with triaged(tmp_path, ScriptedReasoner(severities=deque(said))) as scene:
        await scene.say("customer", DOWN)
        await scene.passes()
        ticket = await scene.ticket()
        assert (ticket.state, ticket.category) == ("active", None)
        assert "not in the dialogue" in ticket.reason
        await scene.passes(300)  # nothing new was said: nobody asks again
        await scene.say("customer", "Hello?")
        await scene.passes()
        assert "does not exist" in (await scene.ticket()).reason
        await scene.say("customer", "Anybody?")
        await scene.passes()
        assert (await scene.ticket()).state == "escalated"


async def test_rules_stand_beside_the_reasoner_and_filters_behind_it(tmp_path: Path) -> None:
    said = [Severity(OTHER, "calm"), outage("staging is down"), outage("production is down")]
    async with triaged(tmp_path, ScriptedReasoner(severities=deque(said))) as scene:
        await scene.say("customer", "We are an SVIP customer.")
        await scene.passes()
        assert (await scene.ticket()).category == "complaint"
        scene.thread("2")
        await scene.say("customer", "Our staging is down")
        await scene.passes()
        assert (await scene.ticket("2")).category == OTHER
        scene.thread("3")
        await scene.say("customer", "staging works, production is down")
        await scene.passes()
        assert (await scene.ticket("3")).category == "outage"


async def test_the_same_problem_is_linked_and_only_a_reply_is_posted(tmp_path: Path) -> None:
    thinking = ScriptedReasoner(
        severities=deque([outage(DOWN)] * 3),
        problems=deque([DOWN, f"{DOWN} Really.", DOWN]),
        samenesses=deque([Sameness(True, "same region"), Sameness(False, "another region")]),
        joints=deque(["The login service is down for everybody in eu-1."]),
    )
    async with triaged(tmp_path, thinking) as scene:
        for name, author in (("1", "Mia"), ("2", "Ben"), ("3", "Zoe")):
            scene.thread(name)
            await scene.say("customer", DOWN, author)
            await scene.passes()
        assert [(await scene.ticket(name)).state for name in "123"] == ["escalated", "linked", "escalated"]
        assert (await scene.ticket("1")).statement == "The login service is down for everybody in eu-1."
        assert len(scene.alerting.alerted) == 2
        [reply] = scene.alerting.replies.values()
        assert reply.startswith("2 customers affected so far, in 2 threads.")
        assert scene.alerting.alert_updates[-1].customers == 2


async def test_a_wrong_link_is_split_by_hand_and_not_made_again(tmp_path: Path) -> None:
    thinking = ScriptedReasoner(
        severities=deque([outage(DOWN)] * 3),
        problems=deque([DOWN, f"{DOWN} Really.", DOWN]),
        samenesses=deque([Sameness(True, "same")]),
        joints=deque(["joined: the login service is down in eu-1"]),
    )
    async with triaged(tmp_path, thinking) as scene:
        for name in "12":
            scene.thread(name)
            await scene.say("customer", DOWN, name)
            await scene.passes()
        assert "joined" in (await scene.ticket("1")).statement
        await scene.app.intake.receive(TicketAsked("split", scene.place, "split", scene.session_id("2"), "Sam", 1.0))
        await scene.passes()
        assert (await scene.ticket("2")).state == "escalated"
        assert (await scene.ticket("2")).apart == (scene.session_id("1"),)
        assert len(scene.alerting.alerted) == 2
        assert (await scene.ticket("1")).statement == DOWN


async def test_a_split_while_the_ticket_is_being_judged_is_not_undone(tmp_path: Path) -> None:
    class Waiting(ScriptedReasoner):
        """Has not said yet how grave it is when a person splits the ticket."""

        async def triage(self, dialogue: Dialogue, categories: Sequence[Category]) -> Severity:
            if dialogue.messages[-1].text == "Any news?":
                judging.set()
                await split.wait()
            return await super().triage(dialogue, categories)

    judging, split = asyncio.Event(), asyncio.Event()
    thinking = Waiting(
        severities=deque([outage(DOWN)] * 3),
        problems=deque([DOWN, f"{DOWN} Really."]),
        samenesses=deque([Sameness(True, "same")]),
        joints=deque(["joined: the login service is down in eu-1"]),
    )
    async with triaged(tmp_path, thinking) as scene:
        for name in "12":
            scene.thread(name)
            await scene.say("customer", DOWN, name)
            await scene.passes()
        assert scene.app.ticketing
        triage = scene.app.ticketing.triage
        async with scene.app.db.transaction() as tx:
            await sessions.add_message(
                tx, Message("late", scene.session_id("2"), "2", "customer", "Any news?", scene.clock.now()), None
            )
        looking = asyncio.create_task(triage.look(scene.session_id("2")))
        await asyncio.wait_for(judging.wait(), 10)
        assert await triage.split(scene.session_id("2"), "Sam")
        split.set()
        assert not await looking
        ticket = await scene.ticket("2")
        assert (ticket.state, ticket.first_id, ticket.apart) == ("active", None, (scene.session_id("1"),))


async def test_only_a_graver_category_is_told_again(tmp_path: Path) -> None:
    angry = Severity("complaint", "angry", ("This is outrageous",))
    thinking = ScriptedReasoner(severities=deque([angry, angry, outage(DOWN), angry]))
    async with triaged(tmp_path, thinking) as scene:
        for text in ("This is outrageous", "Still outrageous", DOWN, "This is outrageous"):
            await scene.say("customer", text)
            await scene.passes()
        assert [alert.category for alert in await scene.alerts()] == ["complaint", "outage"]
        assert len(scene.alerting.alerted) == 2
        assert (await scene.ticket()).state == "escalated"


async def test_closing_the_first_ticket_offers_to_tell_the_linked_threads_and_tells_each_once(tmp_path: Path) -> None:
    thinking = ScriptedReasoner(
        severities=deque([outage(DOWN)] * 3), samenesses=deque([Sameness(True, "same"), Sameness(True, "same")])
    )
    async with triaged(tmp_path, thinking) as scene:
        for name in "123":
            scene.thread(name)
            await scene.say("customer", DOWN, name)
            await scene.passes()
        await scene.command("close", "Sam")
        scene.thread("1")
        await scene.command("close", "Sam")
        await scene.passes()
        assert (await scene.ticket("1")).state == "closed"
        assert any("Shall I tell the" in text for text in scene.alerting.replies.values())
        for event in "ab":
            await scene.app.intake.receive(TicketAsked(event, scene.place, "tell", scene.session_id("1"), "Sam", 1.0))
            await scene.passes()
        assert scene.alerting.notices.count(RESOLVED) == 1  # thread 3 is closed and left in peace


@pytest.mark.parametrize("request_", ["split", "tell"])
async def test_a_click_about_a_ticket_that_is_not_there_takes_effect_as_nothing(
    tmp_path: Path, request_: TicketRequest
) -> None:
    async with triaged(tmp_path, ScriptedReasoner()) as scene:
        await scene.app.intake.receive(TicketAsked("e", scene.place, request_, "no-such-session", "Mallory", 1.0))
        await scene.passes()
        assert await inbox.unfinished(scene.app.db) == []  # or every start would try it again


async def test_a_ticket_that_comes_back_is_told_again_only_after_silence(tmp_path: Path) -> None:
    thinking = ScriptedReasoner(severities=deque([outage(DOWN)] * 3))
    async with triaged(tmp_path, thinking, alert_silence=6) as scene:
        await scene.say("customer", DOWN)
        await scene.passes()
        for wait, told in ((60, 1), (7 * 3600, 2)):
            await scene.command("close", "Sam")
            await scene.passes(wait)
            assert (await scene.ticket()).state == "closed"
            await scene.say("customer", "It is back!")
            await scene.passes()
            assert (await scene.ticket()).state == "escalated"
            assert len(scene.alerting.alerted) == told


async def test_a_deleted_thread_leaves_no_ticket_open(tmp_path: Path) -> None:
    async with triaged(tmp_path, ScriptedReasoner(severities=deque([outage(DOWN)]))) as scene:
        message = await scene.say("customer", DOWN)
        await scene.passes()
        await scene.app.intake.receive(MessageDeleted("d", scene.place, message, scene.clock.now()))
        await scene.passes()
        ticket = await scene.ticket()
        assert (ticket.state, ticket.evidence) == ("active", ())
        assert scene.alerting.alert_updates[-1].closed


async def test_what_failed_is_judged_again_without_a_new_message(tmp_path: Path) -> None:
    thinking = ScriptedReasoner(severities=deque([ModelUnavailable("no answer"), outage(DOWN)]))
    async with triaged(tmp_path, thinking) as scene:
        await scene.say("customer", DOWN)
        await scene.passes()
        assert (await scene.ticket()).state == "active"
        assert scene.app.tickets
        sweeping = asyncio.create_task(scene.app.tickets.run())
        await scene.passes(90)
        sweeping.cancel()
        assert (await scene.ticket()).state == "escalated"


async def test_what_people_say_is_kept_and_shown_and_the_later_opinion_stands(tmp_path: Path) -> None:
    async with triaged(tmp_path, ScriptedReasoner(severities=deque([outage(DOWN)]))) as scene:
        await scene.say("customer", DOWN)
        await scene.passes()
        [alert] = await scene.alerts()
        place, now = scene.place, scene.clock.now()
        for event in (
            AlertAnswered("a1", place, alert.id, "like", "Sam", now),
            AlertAnswered("a2", place, alert.id, "opened", "Sam", now),
            AlertAnswered("a3", place, alert.id, "dislike", "Sam", now, "complaint", "only angry"),
            AlertAnswered("a4", place, "gone", "like", "Sam", now),
        ):
            await scene.app.intake.receive(event)
        await scene.passes()
        assert {one.kind for one in await alerts.answers(scene.app.db, alert.id)} == {"opened", "dislike"}
        card = scene.alerting.alert_updates[-1]
        assert (card.likes, card.dislikes) == (0, 1)
