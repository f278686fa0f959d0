from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from vigilbot.storage import write_ahead
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def _written(db: Database, megabytes: int) -> None:
    async with db.transaction() as tx:
        await tx.execute("CREATE TABLE IF NOT EXISTS filler (words BLOB)")
        await tx.execute("INSERT INTO filler VALUES (zeroblob(?))", (megabytes * 1024 * 1024,))


async def test_a_long_log_is_taken_in_while_the_database_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead, "PAUSE_SECONDS", 0.01)
    db = await Database.open(tmp_path / "a.db")
    keeping = asyncio.create_task(write_ahead.keep_short(db.path))
    before = db.path.stat().st_size
    await _written(db, 3)
    while db.path.stat().st_size < before + 3 * 1024 * 1024:  # noqa: ASYNC110  # another thread does it
        await asyncio.sleep(0.01)
    assert len(await db.rows("SELECT words FROM filler")) == 1
    keeping.cancel()
    await db.close()


async def test_a_database_that_is_gone_is_no_trouble_and_not_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead, "PAUSE_SECONDS", 0.0)
    keeping = asyncio.create_task(write_ahead.keep_short(tmp_path / "gone.db"))
    await asyncio.sleep(0.05)
    assert not keeping.done()
    keeping.cancel()
    assert not os.listdir(tmp_path)  # noqa: PTH208  # a path would block
