"""Can the database be written? Asked from beside: over a connection of its own, and without changing anything."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LOCKED_SECONDS = 2.0
"""Longer than any transaction of ours; whoever holds the lock for so long stops us."""
LEAST_FREE_BYTES = 16 * 1024 * 1024
"""With less, SQLite's log may not grow as far as its next checkpoint: stop before something is lost."""


def write_fault(path: Path) -> str:
    """Why nothing can be stored, as a sentence with a fix; empty while all is well. Blocks up to LOCKED_SECONDS."""
    try:
        if (free := shutil.disk_usage(path.parent).free) < LEAST_FREE_BYTES:
            return f"only {free // 1024} KB are free on the disk of VIGIL_DATA_DIR: free some space"
        # rw: a database that is gone must not be created anew, and empty, by this question.
        uri = f"{path.resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=LOCKED_SECONDS, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except (sqlite3.Error, OSError) as error:
        return f"the database cannot be written ({error}): see VIGIL_DATA_DIR, its disk, and who else uses the file"
    return ""
