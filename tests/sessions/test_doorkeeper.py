from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.sessions.conftest import PLACE
from vigilbot.chat.base import MessagePosted
from vigilbot.chat.wire import decode
from vigilbot.runtime.clock import VirtualClock
from vigilbot.sessions.doorkeeper import CROWD, Doorkeeper
from vigilbot.storage import inbox
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

EVENT = MessagePosted("e", PLACE, "m", "carol", "customer", "שלום? 🙂 \u0000 '; --", 1_700_000_000.25)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "a.db")
    yield opened
    await opened.close()


async def test_many_at_once_are_stored_in_their_order_and_each_counts_once(db: Database) -> None:
    door = Doorkeeper(db, VirtualClock())
    events = [replace(EVENT, event_id=f"e{n}", message_id=f"m{n}") for n in range(1_200)]
    twice = [event for event in events for _ in range(2)]
    told = await asyncio.gather(*(door.store(event) for event in twice))
    assert told == [True, False] * len(events)
    assert [decode(payload) for payload in await inbox.unfinished(db)] == events
    again = [replace(event, event_id=f"other {event.event_id}") for event in events[:50]]
    assert not any(await asyncio.gather(*(door.store(event) for event in again)))


async def test_what_cannot_be_stored_is_said_to_everybody_who_waits(db: Database) -> None:
    door = Doorkeeper(db, VirtualClock())
    await db.close()
    stored = [door.store(replace(EVENT, event_id=f"e{n}")) for n in range(5)]
    told = await asyncio.wait_for(asyncio.gather(*stored, return_exceptions=True), 5)
    assert all(isinstance(answer, Exception) for answer in told)


async def test_whoever_goes_away_leaves_nobody_waiting(db: Database) -> None:
    door = Doorkeeper(db, VirtualClock())
    async with db.transaction():
        waiting = [
            asyncio.create_task(door.store(replace(EVENT, event_id=f"e{n}", message_id=f"{n}"))) for n in range(3)
        ]
        await asyncio.sleep(0.01)
        waiting[0].cancel()
        await asyncio.sleep(0.01)
    told = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
    assert isinstance(told[0], asyncio.CancelledError)
    assert told[1:] == [True, True]


async def test_a_crowd_is_seen_while_it_waits(db: Database) -> None:
    door = Doorkeeper(db, VirtualClock())
    stored = [replace(EVENT, event_id=f"e{n}", message_id=f"m{n}") for n in range(CROWD)]
    crowded = [door.is_crowded]
    async with db.transaction():
        waiting = [asyncio.create_task(door.store(event)) for event in stored]
        await asyncio.sleep(0.01)
        crowded.append(door.is_crowded)
    assert all(await asyncio.gather(*waiting))
    assert [*crowded, door.is_crowded] == [False, True, False]
