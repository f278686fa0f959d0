"""The data folder and its lock: one process per folder."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vigilbot.errors import DataFolderLocked, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


DATABASE = "vigilbot.db"
INDEX = "chroma"
"""What lies in the folder: the truth, and the index that follows it."""


@contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """Create the folder if need be and hold its lock while the block runs.

    The lock is the kernel's: it is gone with the process, however that dies. Raises DataFolderLocked or StorageError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "vigilbot.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StorageError(
            f"VIGIL_DATA_DIR={folder}: cannot be written ({error.strerror}); make it writable or choose another folder"
        ) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            raise DataFolderLocked(
                f"VIGIL_DATA_DIR={folder}: in use by another vigilbot (process {owner}); "
                "stop it or choose another folder"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield folder
    finally:
        os.close(descriptor)
