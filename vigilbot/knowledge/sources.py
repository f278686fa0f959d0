"""Which files an ingest is about: what was named, and what lies in the folders that were named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.errors import IngestError
from vigilbot.knowledge import corpus
from vigilbot.knowledge.reading import HTML, MARKDOWN, PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SUFFIXES = (*sorted(MARKDOWN), *sorted(HTML), *sorted(PLAIN), *corpus.SUFFIXES)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to ingest."""

    path: Path
    location: str
    """What identifies it, however it was named on the command line."""
    name: str
    """What a person is shown: relative to the folder that was named."""
    named: bool = True
    """False when it was found in a folder: then a fault of it is reported and the others are still read."""

    @property
    def is_corpus(self) -> bool:
        return self.path.name.lower().endswith(corpus.SUFFIXES)


def discover(paths: Sequence[Path]) -> list[SourceFile]:
    """Files as named, and those of folders in order of their names, each once.

    Raises IngestError when a path does not exist, is of an unknown kind, or a folder holds nothing to read.
    """
    found: dict[str, SourceFile] = {}
    for path in paths:
        for source in _of_folder(path) if path.is_dir() else [_of_file(path)]:
            found.setdefault(source.location, source)
    return list(found.values())


def _of_file(path: Path) -> SourceFile:
    if not path.exists():
        raise IngestError(f"{path}: no such file or folder")
    if not _readable(path):
        raise IngestError(f"{path}: not a kind of file that can be read; give {', '.join(SUFFIXES)} or a folder")
    return SourceFile(path, _location(path), _shown(path.name))


def _of_folder(folder: Path) -> list[SourceFile]:
    try:
        paths = sorted(path for path in _walk(folder) if _readable(path))
    except OSError as error:
        raise IngestError(f"{folder}: cannot be read ({error.strerror or error})") from None
    if not paths:
        raise IngestError(f"{folder}: holds no file that can be read ({', '.join(SUFFIXES)})")
    root = folder.resolve()
    return [
        SourceFile(path, _location(path), _shown(f"{root.name}/{path.relative_to(folder).as_posix()}"), named=False)
        for path in paths
    ]


def _walk(folder: Path) -> Iterator[Path]:
    """Every file below; hidden files and folders (.git and the like) and links to folders are left out."""
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        elif path.is_file():
            yield path


def _readable(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


def _location(path: Path) -> str:
    return _shown(str(path.resolve()))


def _shown(name: str) -> str:
    """File names are bytes; SQLite and JSON take only text."""
    return os.fsencode(name).decode("utf-8", "replace")
