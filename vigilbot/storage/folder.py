"""The data folder and its locks: one bot per folder, and one process that changes the knowledge beside it."""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from vigilbot.errors import DataFolderLocked, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


DATABASE = "vigilbot.db"
INDEX = "chroma"
"""What lies in the folder: the truth, and the index that follows it."""
PRIVATE = 0o700
"""A new folder is its owner's alone: everything that customers have written lies there."""


@contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """Create the folder if need be and hold its lock while the block runs.

    The lock is the kernel's: it is gone with the process, however that dies. Raises DataFolderLocked or StorageError.
    """
    with _held(folder, "vigilbot.lock", "in use by another vigilbot", "stop it or choose another folder"):
        yield folder


@contextmanager
def locked_for_change(folder: Path) -> Iterator[bool]:
    """Hold the lock of those who change the knowledge; yield whether the folder itself is locked with it.

    When it is not, a bot is running there: it keeps the index, and follows what is written to the database.
    Raises DataFolderLocked when another such process is under way, or StorageError.
    """
    with (
        _held(
            folder, "knowledge.lock", "its knowledge is being changed by another vigilbot", "wait until that has ended"
        ),
        ExitStack() as stack,
    ):
        try:
            stack.enter_context(locked(folder))
        except DataFolderLocked:
            alone = False
        else:
            alone = True
        yield alone


@contextmanager
def _held(folder: Path, name: str, held: str, fix: str) -> Iterator[None]:
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StorageError(
            f"VIGIL_DATA_DIR={folder}: cannot be written ({error.strerror}); make it writable or choose another folder"
        ) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            raise DataFolderLocked(f"VIGIL_DATA_DIR={folder}: {held} (process {owner}); {fix}") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
