"""What an earlier version left open to everybody on the machine is closed to them at start."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import structlog

from vigilbot.storage.folder import DATABASE, INDEX

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger(__name__)

OTHERS = stat.S_IRWXO
OWNERS_ALONE = stat.S_IRWXU
OURS = frozenset(
    {
        *(DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "vigilbot.lock", "knowledge.lock"),
        *(INDEX, "images", "models", "backtests"),
    }
)
ADMINS = frozenset({"tickets.toml"})
"""What belongs in the folder and is not ours to change."""


def close_to_others(folder: Path) -> None:
    """Make what is ours in a data folder its owner's alone, if everybody may enter that: 0700 and 0600.

    A folder that only a group may enter (0750) was made so on purpose, and nothing in it is touched. One that holds
    other people's files too keeps its mode. What cannot be closed is told in one line of the log.
    """
    folder = folder.resolve()
    if not folder.stat().st_mode & OTHERS:
        return
    names = {path.name for path in folder.iterdir()}
    ours = [folder / name for name in sorted(names & OURS)]
    if names <= OURS | ADMINS:
        ours.append(folder)
    still_open = [path.name for path in ours if not _closed(path)]
    if still_open:
        log.warning("data_folder_open_to_others", folder=str(folder), open=still_open, fix="chmod o-rwx as its owner")


def _closed(path: Path) -> bool:
    """Whether nobody but its owner, or a group alone, may use it now; only what belongs to us is changed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        found = os.fstat(descriptor)
        if not found.st_mode & OTHERS:
            return True
        if found.st_uid != os.geteuid():
            return False
        os.fchmod(descriptor, found.st_mode & OWNERS_ALONE)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)
