from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.sessions.conftest import PLACE, Room, open_room
from vigilbot.chat.base import CardAccepted, Place
from vigilbot.errors import ChatError, ChatRateLimited, ChatRefused, ChatUnsure
from vigilbot.models import AnswerPart, Card, Message, Source, Turn
from vigilbot.sessions import lifecycle
from vigilbot.storage import cards, outbox, sessions, turns

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.models import Role


async def queue_card(room: Room, card_id: str = "card-1") -> Card:
    """What the pipeline's last step stores: a turn, its card and the order to deliver it."""
    now = room.clock.now()
    card = Card(
        id=card_id,
        session_id=PLACE.session_id,
        turn_id=f"turn of {card_id}",
        parts=(AnswerPart("How?", "Like this [1]."),),
        sources=(Source(1, "entry", "Title", "https://docs.example", "Like this."),),
        reasoner="scripted",
        state="queued",
        created_at=now,
    )
    async with room.db.transaction() as tx:
        if await sessions.find(room.db, PLACE.session_id) is None:
            await sessions.save(tx, lifecycle.opened(PLACE, "Help", now))
        await turns.open_turn(tx, Turn(card.turn_id, PLACE.session_id, (), now))
        await sessions.add_message(
            tx, Message(f"question of {card_id}", PLACE.session_id, "dora", "customer", "How?", now), card.turn_id
        )
        await turns.end_turn(tx, Turn(card.turn_id, PLACE.session_id, (), now, outcome="answered", ended_at=now))
        await cards.add(tx, card, np.ones(3, dtype=np.float32))
    return card


async def test_a_card_is_posted_once_and_confirmed(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        card = await queue_card(room)
        await room.courier.collect()
        await room.courier.collect()
        await room.passes(1)
        assert [posted.id for posted in room.platform.posted] == [card.id]
        assert await cards.get(room.db, card.id) == replace(card, state="posted", posted_ref="ref-1")
        assert await outbox.undelivered(room.db) == []


async def test_failures_and_rate_limits_are_waited_out(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.platform.failures.extend([ChatError("Slack said 503"), ChatRateLimited("slow down", 30)])
        card = await queue_card(room)
        await room.courier.collect()
        await room.passes(20)
        assert room.platform.posted == []
        await room.passes(20)
        assert [posted.id for posted in room.platform.posted] == [card.id]


async def test_a_delivery_that_had_arrived_before_the_crash_is_not_posted_again(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        card = await queue_card(room)
        [delivery] = await outbox.undelivered(room.db)
        async with room.db.transaction() as tx:
            await outbox.begin(tx, delivery.id, room.clock.now())
        room.platform.deliveries[delivery.id] = "ref-before"
        await room.courier.collect()
        await room.passes(1)
        assert room.platform.posted == []
        assert (await cards.get(room.db, card.id)).posted_ref == "ref-before"


async def test_what_can_never_be_delivered_is_given_up_and_said(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.platform.failures.extend([ChatRefused("channel_not_found")] * 6)
        await queue_card(room)
        await room.courier.collect()
        await room.passes(120)
        assert await outbox.undelivered(room.db) == []
        row = await room.db.row("SELECT error, tried FROM outbox")
        assert row is not None
        assert (row["error"], row["tried"]) == ("channel_not_found", 6)


async def test_only_what_was_or_will_be_posted_keeps_the_same_answer_from_being_given(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.platform.failures.extend([ChatRefused("channel_not_found")] * 6)
        await queue_card(room)
        assert len(await cards.sent_answers(room.db, PLACE.session_id)) == 1
        await room.courier.collect()
        await room.passes(120)  # given up
        assert await cards.sent_answers(room.db, PLACE.session_id) == []
        await queue_card(room, "card-2")
        await room.courier.collect()
        await room.passes(1)
        assert len(await cards.sent_answers(room.db, PLACE.session_id)) == 1


async def test_what_is_for_another_platform_waits_until_that_is_served_again(tmp_path: Path) -> None:
    """Somebody starts the console on the data folder of a Slack bot whose cards wait for Slack."""
    async with open_room(tmp_path) as room:
        await queue_card(room)
        async with room.db.transaction() as tx:
            await tx.execute("UPDATE sessions SET platform = 'slack'")
        await room.courier.collect()
        await room.passes(300)
        [waiting] = await outbox.undelivered(room.db)
        assert waiting.tried == 0
    async with open_room(tmp_path) as room:
        async with room.db.transaction() as tx:
            await tx.execute("UPDATE sessions SET platform = 'recorded'")
        await room.courier.collect()
        await room.passes(1)
        assert len(room.platform.posted) == 1


async def test_posts_keep_the_platforms_pace_and_their_order(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.platform.post_interval = 1.0
        for number in range(3):
            await queue_card(room, f"card-{number}")
        await room.courier.collect()
        await room.passes(1.5)
        assert [card.id for card in room.platform.posted] == ["card-0", "card-1"]
        await room.passes(1)
        assert [card.id for card in room.platform.posted] == ["card-0", "card-1", "card-2"]


async def test_accept_counts_once_and_only_from_those_concerned(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.say("customer", "how?", author="carol")
        card = await queue_card(room)
        await room.courier.collect()
        await room.passes(1)
        for number, author in enumerate(["mallory", "carol", "carol", "dave"]):
            await room.intake.receive(CardAccepted(f"click-{number}", PLACE, card.id, author, room.clock.now()))
        await room.passes(1)
        assert [(shown.state, shown.accepted_by) for shown in room.platform.updated] == [("accepted", "carol")]


async def test_an_analyst_may_accept_without_having_written(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        card = await queue_card(room)
        await room.intake.receive(CardAccepted("click", PLACE, card.id, "ann", room.clock.now(), role="analyst"))
        await room.passes(1)
        assert (await cards.get(room.db, card.id)).accepted_by == "ann"


@pytest.mark.parametrize("role", ["customer", "analyst"])
async def test_an_accept_from_another_session_counts_nothing(tmp_path: Path, role: Role) -> None:
    """Whoever forges a click can name any card; it stands for the session the click came from alone."""
    async with open_room(tmp_path) as room:
        await room.say("customer", "how?", author="carol")
        card = await queue_card(room)
        elsewhere = Place("recorded", "C2", "2")
        await room.say("customer", "hi", author="mallory", place=elsewhere, message_id="x", event_id="x")
        forged = CardAccepted("click", elsewhere, card.id, "mallory", room.clock.now(), role=role)
        await room.intake.receive(forged)
        await room.passes(1)
        assert (await cards.get(room.db, card.id)).accepted_by is None
        assert room.platform.updated == []


async def test_what_fails_for_now_is_never_given_up(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.platform.failures.extend([ChatError("Slack answered with HTTP 503")] * 12)
        card = await queue_card(room)
        await room.courier.collect()
        await room.passes(600)
        assert [posted.id for posted in room.platform.posted] == [card.id]


async def test_a_card_that_comes_too_late_is_taken_back(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.platform.failures.extend([ChatError("no connection")] * 100)
        card = await queue_card(room)
        await room.courier.collect()
        await room.passes(1000)
        assert room.platform.posted == []
        assert await cards.of_session(room.db, PLACE.session_id) == []
        turn = await turns.get(room.db, card.turn_id)
        assert (turn.outcome, turn.reason) == (
            "overtaken",
            "the answer would have come 15 minutes after the question",
        )


async def test_a_card_is_taken_back_when_an_analyst_answers_while_slack_is_away(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.platform.failures.append(ChatError("no connection"))
        card = await queue_card(room)
        await room.courier.collect()
        await room.passes(0.5)
        await room.say("analyst", "Set the port to 9000 and restart.", author="bob")
        await room.passes(10)
        assert room.platform.posted == []
        assert (await turns.get(room.db, card.turn_id)).reason == "bob answered first"


async def test_a_notice_to_one_person_in_doubt_is_not_said_again(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.say("analyst", "hello")
        room.platform.failures.append(ChatUnsure("Slack did not answer"))
        await room.command("status")
        await room.passes(10)
        assert room.platform.notices == []
        assert await outbox.undelivered(room.db) == []
        room.platform.failures.append(ChatError("Slack answered with HTTP 503"))
        await room.command("status")
        await room.passes(10)
        assert room.platform.notices == ["I am listening in this thread."]


async def test_a_notice_to_all_outlives_the_process(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.platform.failures.extend([ChatError("no connection")] * 100)
        await room.say("customer", "@vigilbot?", addressed=True)
        await room.passes(5)
        assert room.platform.notices == []
    async with open_room(tmp_path) as room:
        await room.intake.deliver()
        await room.passes(1)
        assert room.platform.notices == ["I found nothing in my sources that answers this reliably."]


async def test_the_pace_is_kept_over_a_restart(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.platform.post_interval = 1.0
        await queue_card(room, "card-0")
        await room.courier.collect()
        await room.passes(0.2)
        await queue_card(room, "card-1")
        began = room.clock.now()
    async with open_room(tmp_path) as room:
        room.clock.advance_to(began)
        room.platform.post_interval = 1.0
        await room.courier.collect()
        await room.passes(0.7)
        assert room.platform.posted == []
        await room.passes(0.2)
        assert [card.id for card in room.platform.posted] == ["card-1"]
