"""A database that cannot be written delays what was acknowledged, and a clock that jumps delays nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.fakes import JumpingClock
from tests.sessions.conftest import PLACE, open_room
from vigilbot.errors import StorageError
from vigilbot.runtime.activity import Activity
from vigilbot.runtime.clock import VirtualClock
from vigilbot.sessions.patience import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, until_stored
from vigilbot.storage import turns
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from pathlib import Path


async def test_work_is_tried_until_it_can_be_stored_and_other_errors_are_raised() -> None:
    clock, activity, tries = VirtualClock(), Activity(), 0
    activity.begin()

    async def work() -> str:
        nonlocal tries
        tries += 1
        if tries < 8:
            raise StorageError("disk full")
        return "done"

    began = clock.now()
    working = asyncio.create_task(until_stored(work, clock, activity))
    while not working.done():
        await asyncio.sleep(0)
        if (deadline := clock.next_deadline()) is not None:
            clock.advance_to(deadline)
    assert working.result() == "done"
    assert FIRST_PAUSE_SECONDS * 7 < clock.now() - began < LONGEST_PAUSE_SECONDS * 7

    async def broken() -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # any
        await until_stored(broken, clock, activity)


async def test_a_message_whose_effect_fails_still_gets_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = turns.open_turn, 2

    async def failing(tx: object, turn: object) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise sqlite3.OperationalError("database or disk is full")
        await real(tx, turn)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(turns, "open_turn", failing)
    async with open_room(tmp_path) as room:
        await room.say("analyst", "hello")
        await room.say("customer", "How?")
        await room.passes(30)
        assert room.heard == [["How?"]]
        [turn] = await turns.of_session(room.db, PLACE.session_id)
        assert turn.outcome == "refused"


async def test_a_commit_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    db = await Database.open(tmp_path / "a.db")

    async def full() -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch, pytest.raises(StorageError, match="cannot be written"):
        patch.setattr(db._writer, "commit", full)
        async with db.transaction() as tx:
            await tx.execute("CREATE TABLE t (x)")
    async with db.transaction() as tx:
        await tx.execute("CREATE TABLE t (x)")
    await db.close()


@pytest.mark.parametrize("jump", [-3600.0, 3600.0], ids=["back", "forward"])
async def test_a_clock_that_jumps_within_a_burst_delays_no_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    monkeypatch.setattr("tests.sessions.conftest.VirtualClock", JumpingClock)
    async with open_room(tmp_path) as room:
        assert isinstance(room.clock, JumpingClock)
        await room.say("analyst", "hello")
        await room.say("customer", "How")
        room.clock.jumped = jump
        await room.say("customer", "do I reset it?", posted_at=room.clock.steady())  # Slack's clock did not jump
        await room.passes(2 - jump)  # counted on the clock that jumped
        assert room.heard == [["How", "do I reset it?"]]
