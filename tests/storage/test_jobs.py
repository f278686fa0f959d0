"""Jobs: what is ordered while it is being done is done again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from vigilbot.models import Session
from vigilbot.storage import jobs, sessions
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from vigilbot.storage.jobs import Job


@pytest_asyncio.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "vigilbot.db")
    async with opened.transaction() as tx:
        await sessions.save(tx, Session("s", "console", "room", "1", "Help", "closed", opened_at=1.0, active_at=1.0))
    yield opened
    await opened.close()


async def order(db: Database, at: float) -> None:
    async with db.transaction() as tx:
        await jobs.order(tx, "s", "closing", at)


async def finish(db: Database, job: Job) -> None:
    async with db.transaction() as tx:
        await jobs.finish(tx, job, 100.0)


async def test_one_that_waits_is_not_ordered_twice(db: Database) -> None:
    await order(db, 10.0)
    await order(db, 11.0)
    [job] = await jobs.waiting(db, "s")
    await finish(db, job)
    assert await jobs.next_due(db, 100.0) is None


async def test_what_is_ordered_while_it_is_being_done_is_done_again(db: Database) -> None:
    """A session that is reopened and closed again while its first closing is being learnt from."""
    await order(db, 10.0)
    begun = await jobs.next_due(db, 100.0)
    assert begun
    await order(db, 20.0)
    await finish(db, begun)
    again = await jobs.next_due(db, 100.0)
    assert again
    await finish(db, again)
    assert await jobs.next_due(db, 100.0) is None
