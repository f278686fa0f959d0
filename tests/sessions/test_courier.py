from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tests.sessions.conftest import PLACE, Room, open_room
from vigilbot.chat.base import CardAccepted
from vigilbot.errors import ChatError, ChatRateLimited
from vigilbot.models import AnswerPart, Card, Source, Turn
from vigilbot.sessions import lifecycle
from vigilbot.storage import cards, sessions, turns

if TYPE_CHECKING:
    from pathlib import Path


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
        assert await cards.undelivered(room.db) == []


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
        [delivery] = await cards.undelivered(room.db)
        async with room.db.transaction() as tx:
            await cards.delivery_tried(tx, delivery.id)
        room.platform.deliveries[delivery.id] = "ref-before"
        await room.courier.collect()
        await room.passes(1)
        assert room.platform.posted == []
        assert (await cards.get(room.db, card.id)).posted_ref == "ref-before"


async def test_what_can_never_be_delivered_is_given_up_and_said(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        room.platform.failures.extend([ChatError("channel_not_found")] * 6)
        await queue_card(room)
        await room.courier.collect()
        await room.passes(120)
        assert await cards.undelivered(room.db) == []
        row = await room.db.row("SELECT error, tried FROM outbox")
        assert row is not None
        assert (row["error"], row["tried"]) == ("channel_not_found", 6)


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
