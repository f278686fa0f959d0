"""One SQLite file in WAL mode: one connection writes, another reads, and migrations bring it up to date."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
from contextlib import asynccontextmanager, suppress
from importlib import resources
from typing import TYPE_CHECKING, Any, Self

import aiosqlite

from vigilbot.errors import DatabaseDamaged, StorageError
from vigilbot.storage.write_ahead import MOST_PAGES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

BUSY_SECONDS = 10.0
MAPPED_BYTES = 0x7FFF0000
"""Of the file, read without copying; a page cache would be emptied by every commit of an ingest."""
PRIVATE = 0o600
"""Mode of a new database; SQLite gives its log and shared memory the same."""
FIXES = {
    "SQLITE_FULL": "free space on the disk of VIGIL_DATA_DIR",
    "SQLITE_BUSY": "is another process busy with it?",
    "SQLITE_READONLY": "its disk or its permissions are read-only",
}


class Database:
    """Reads go through `rows` and `row`; every write happens inside `transaction`, one at a time."""

    def __init__(self, path: Path, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader
        self._writing = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open or create the database and migrate it. Raises DatabaseDamaged or StorageError."""
        writer: aiosqlite.Connection | None = None
        with suppress(OSError):  # SQLite says better what is wrong
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE))
        try:
            writer = await _connect(path)
            await writer.execute("PRAGMA journal_mode = WAL")
            await writer.execute(f"PRAGMA wal_autocheckpoint = {MOST_PAGES}")
            await migrate(writer)
            reader = await _connect(path)
            await reader.execute("PRAGMA query_only = ON")
            await reader.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        except (sqlite3.Error, StorageError) as error:
            if writer is not None:
                await writer.close()
            raise _translated(path, error) from error
        return cls(path, writer, reader)

    async def close(self) -> None:
        await self._reader.close()
        await self._writer.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """All or nothing: commits at the end of the block, rolls back when it raises.

        Raises StorageError when the file cannot be written: locked by another process, read-only, disk full.
        """
        async with self._writing:
            try:
                await self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                await asyncio.shield(self._writer.commit())
            except BaseException as error:
                # Also after a commit that failed: an open transaction would block every later one.
                await asyncio.shield(self._roll_back())
                if isinstance(error, sqlite3.OperationalError):
                    raise self._unwritable(error) from error
                raise

    async def _roll_back(self) -> None:
        with suppress(sqlite3.OperationalError):  # SQLite itself has rolled back, or nothing was begun
            await self._writer.rollback()

    def _unwritable(self, error: sqlite3.OperationalError) -> StorageError:
        fix = FIXES.get(getattr(error, "sqlite_errorname", ""), "see VIGIL_DATA_DIR and its disk")
        return StorageError(f"{self.path}: cannot be written ({error}); {fix}")

    async def version_elsewhere(self) -> int:
        """A number that changes whenever another process has committed, and not when this one has.

        https://www.sqlite.org/pragma.html#pragma_data_version
        """
        [(version,)] = await self._writer.execute_fetchall("PRAGMA data_version")
        return int(version)

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[Database]:
        """For reads of seconds, over a connection of their own: no question waits for them. Nothing can be written."""
        connection = await _connect(self.path)
        try:
            await connection.execute("PRAGMA query_only = ON")
            yield Database(self.path, connection, connection)
        finally:
            await connection.close()

    async def compact(self) -> None:
        """Take what was deleted out of free pages and the write-ahead log; nobody else may have the file open."""
        async with self._writing:
            await self._writer.execute("VACUUM")
            await self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """What is committed, as rows that can be read by column name. Raises StorageError when the disk fails."""
        try:
            return list(await self._reader.execute_fetchall(sql, tuple(parameters)))
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_ERROR":
                raise  # the statement is wrong, and would be at every try
            raise StorageError(f"{self.path}: cannot be read ({error}); see VIGIL_DATA_DIR and its disk") from error

    async def row(self, sql: str, parameters: Iterable[Any] = ()) -> sqlite3.Row | None:
        found = await self.rows(sql, parameters)
        return found[0] if found else None


async def _connect(path: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        # FULL: what has been acknowledged to Slack survives a power cut, not only a crash.
        await connection.execute("PRAGMA synchronous = FULL")
        await connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        await connection.close()  # each connection is a thread that would keep the process alive
        raise
    return connection


def migrations() -> list[tuple[int, str, str]]:
    """(number, file name, SQL) of every migration, in order."""
    files = resources.files("vigilbot.storage.migrations").iterdir()
    return sorted(
        (int(match[1]), file.name, file.read_text("utf-8"))
        for file in files
        if (match := re.fullmatch(r"(\d{4})_\w+\.sql", file.name))
    )


async def migrate(connection: aiosqlite.Connection) -> None:
    """Apply what is newer than `PRAGMA user_version`, each file in a transaction of its own."""
    known = migrations()
    [(current,)] = await connection.execute_fetchall("PRAGMA user_version")
    if current > known[-1][0]:
        raise StorageError(
            f"the database is at version {current}, this vigilbot knows only {known[-1][0]}: install a newer vigilbot"
        )
    for number, _, sql in known:
        if number > current:
            await connection.executescript(f"BEGIN IMMEDIATE; {sql}; PRAGMA user_version = {number}; COMMIT;")


def _translated(path: Path, error: Exception) -> StorageError:
    if isinstance(error, StorageError):
        return error
    if isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorname", "") in {
        "SQLITE_NOTADB",
        "SQLITE_CORRUPT",
    }:
        return DatabaseDamaged(f"{path}: not a readable SQLite database ({error}); restore a backup or move it away")
    return StorageError(f"{path}: cannot be opened ({error}); check VIGIL_DATA_DIR, its permissions and free space")
