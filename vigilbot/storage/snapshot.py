"""A copy of a database that holds its documents and nothing that anybody has said or taught."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from vigilbot.errors import StorageError
from vigilbot.storage import postings
from vigilbot.storage.database import Database
from vigilbot.storage.forgetting.entries import forget_origins

if TYPE_CHECKING:
    from pathlib import Path

SAID = ("model_calls", "jobs", "lessons", "misleading", "inbox", "sessions")
"""Tables of dialogues; what else is of a session goes with it."""


async def copy_documents(source: Path, target: Path) -> None:
    """Make `target` from the database at `source`, which may be in use; an empty one when that does not exist.

    Entries that any session has had a part in are left out. Raises StorageError.
    """
    await asyncio.to_thread(_copy, source, target)
    db = await Database.open(target)
    try:
        taught = await db.rows(
            """SELECT DISTINCT vo.entry_seq FROM version_origins vo JOIN origins o ON o.id = vo.origin_id
               WHERE o.session_id != ''"""
        )
        async with db.transaction() as tx:
            seqs = [int(row["entry_seq"]) for row in taught]
            await postings.remove(tx, seqs)
            await tx.executemany("DELETE FROM entries WHERE seq = ?", [(seq,) for seq in seqs])
            await forget_origins(tx)
            for table in SAID:
                await tx.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
    finally:
        await db.close()


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        return
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.backup(copy)
    except sqlite3.Error as error:
        raise StorageError(f"{source}: cannot be copied ({error})") from None
