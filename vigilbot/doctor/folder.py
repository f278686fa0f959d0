"""The data folder and the database in it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from vigilbot.doctor.finding import failed, fault, fine
from vigilbot.errors import DataFolderLocked, StorageError
from vigilbot.storage.database import migrations
from vigilbot.storage.folder import DATABASE, locked

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.config import Settings
    from vigilbot.doctor.finding import Finding

LEAST_FREE_BYTES = 500 * 1024 * 1024
LATEST = migrations()[-1][0]


def data_folder(settings: Settings) -> Finding:
    """Writable, with room; a running vigilbot that holds its lock is no fault."""
    check, path = "data folder", settings.data_dir
    used = ""
    try:
        with locked(path):
            pass
    except DataFolderLocked:
        used = ", in use by a running vigilbot"
    except StorageError as error:
        return failed(check, error)
    free = shutil.disk_usage(path).free
    if free < LEAST_FREE_BYTES:
        detail = f"{path} has only {free // 1024 // 1024} MB of free space"
        return fault(check, detail, "free some space, or move VIGIL_DATA_DIR to a larger disk")
    return fine(check, f"{path}, {free / 1024**3:.1f} GB free{used}")


async def database(settings: Settings) -> Finding:
    """Readable, undamaged, and not of a newer vigilbot; opened for reading only."""
    check, path = "database", settings.data_dir / DATABASE
    if not path.exists():
        return fine(check, "none yet; the first start makes it")
    try:
        complaint, version = await asyncio.to_thread(_looked_at, path)
    except sqlite3.Error as error:
        return fault(check, f"{path} cannot be read: {error}", "restore a backup, or move the file away")
    if complaint != "ok":
        return fault(check, f"{path} is damaged: {complaint}", "restore a backup, or move the file away")
    if version > LATEST:
        detail = f"{path} is at version {version}, this vigilbot knows only {LATEST}"
        return fault(check, detail, "install a newer vigilbot")
    return fine(check, f"version {version}" + ("" if version == LATEST else f"; the next start brings it to {LATEST}"))


def _looked_at(path: Path) -> tuple[str, int]:
    """What SQLite says of the file's structure (first complaint, or `ok`), and the schema version."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
        [complaint] = connection.execute("PRAGMA quick_check(1)").fetchone()
        [version] = connection.execute("PRAGMA user_version").fetchone()
        return str(complaint), int(version)
