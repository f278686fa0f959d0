"""SQLite's write-ahead log is taken into the database beside the work: no commit, and so no acknowledgement, waits.

https://www.sqlite.org/wal.html#ckpt
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PAUSE_SECONDS = 1.0
WORTHWHILE_BYTES = 1024 * 1024
MOST_PAGES = 2500
"""From here on a commit does it, which happens when writing hardly pauses: 10 MB, less than the least free space."""


async def keep_short(database: Path) -> None:
    """Until cancelled. What fails (a full disk, a lock) is tried again."""
    while True:
        await asyncio.sleep(PAUSE_SECONDS)
        await asyncio.to_thread(_take_in, database)


def _take_in(database: Path) -> None:
    with suppress(OSError, sqlite3.Error):
        if database.with_name(f"{database.name}-wal").stat().st_size > WORTHWHILE_BYTES:
            with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=rw", uri=True)) as connection:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
