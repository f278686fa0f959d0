"""Telling a whole index from a damaged one before Chroma opens it.

Chroma notices a damaged database by itself, but reads its graph files unchecked: garbage in them kills the process
(segmentation fault, seen with chromadb 1.5.9). So their checksums are kept while nothing is being written.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Literal

import orjson

if TYPE_CHECKING:
    from pathlib import Path

Condition = Literal["whole", "unknown", "damaged"]

SEAL = "vigilbot.seal"
GRAPH = ("data_level0.bin", "header.bin", "link_lists.bin")
"""`chroma.sqlite3` changes at every opening, and SQLite reports its own damage; `length.bin` is never read."""

PERSISTED = "index_metadata.pickle"
"""Written with the graph. Without it Chroma makes the graph anew from its log, whatever lies beside."""

BLOCK = 1 << 20


def condition(folder: Path) -> Condition:
    """`unknown` when the process that wrote last did not get to seal it. Raises OSError."""
    if not any(folder.glob("*")):
        return "whole"
    try:
        sealed = orjson.loads((folder / SEAL).read_bytes())
    except FileNotFoundError:
        return "unknown"
    except orjson.JSONDecodeError:
        return "damaged"
    return "whole" if sealed == _checksums(folder) else "damaged"


def close(folder: Path) -> None:
    """Seal the folder: from here on, a changed graph file means damage. Raises OSError."""
    (folder / SEAL).write_bytes(orjson.dumps(_checksums(folder)))


def open_for_writing(folder: Path) -> None:
    """Break the seal: graph files are about to change. Raises OSError."""
    (folder / SEAL).unlink(missing_ok=True)


def _checksums(folder: Path) -> dict[str, int]:
    persisted = sorted(folder.rglob(PERSISTED))
    files = [file for path in persisted for file in (path, *map(path.with_name, GRAPH)) if file.exists()]
    return {str(file.relative_to(folder)): _checksum(file) for file in files}


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            checksum = zlib.crc32(block, checksum)
    return checksum
