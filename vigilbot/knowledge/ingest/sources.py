"""What an ingest is about: files and pages that were named, and what lies in the folders that were named."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vigilbot.errors import FetchRefused, IngestError
from vigilbot.knowledge.ingest import corpus
from vigilbot.knowledge.parsing import kinds
from vigilbot.safety.fetching import urls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SUFFIXES = (*kinds.SUFFIXES, *corpus.SUFFIXES)
PAGE = re.compile(r"https?://", re.IGNORECASE)
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """One file or page to ingest."""

    place: Path | str
    """The file, or the URL of the page."""
    location: str
    """What identifies it, however it was named on the command line."""
    name: str
    """What a person is shown: relative to the folder that was named."""
    named: bool = True
    """False when it was found in a folder: then a fault of it is reported and the others are still read."""
    stray: bool = False
    """True for a link that leads out of the folder it was found in: it is not followed."""

    @property
    def corpus_file(self) -> Path | None:
        """The file, if it holds a corpus."""
        if not self.stray and isinstance(self.place, Path) and self.place.name.lower().endswith(corpus.SUFFIXES):
            return self.place
        return None

    def fault(self, error: IngestError) -> str:
        """What is wrong with it, without the name that such an error begins with."""
        said = str(error)
        for name in (self.name, str(self.place)):
            if said.startswith((f"{name}: ", f"{name}, ")):
                return said[len(name) + 2 :]
        return said


def discover(places: Sequence[Path | str]) -> list[Source]:
    """Files and pages as named, and the files of folders in order of their names, each once.

    Raises IngestError when a path does not exist, is of an unknown kind, or a folder holds nothing to read.
    """
    found: dict[str, Source] = {}
    for place in places:
        for source in _of_place(place):
            found.setdefault(source.location, source)
    return list(found.values())


def roots(places: Sequence[Path | str]) -> list[str]:
    """The locations of the folders among them: every file below one starts with it and a slash."""
    paths = [Path(place) for place in places if not is_page(place)]
    return [_location(path) for path in paths if path.is_dir()]


def is_page(place: Path | str) -> bool:
    return isinstance(place, str) and PAGE.match(place) is not None


def _of_place(place: Path | str) -> list[Source]:
    if is_page(place):
        return [_of_page(str(place))]
    if isinstance(place, str) and ADDRESS.match(place):
        raise IngestError(f"{place}: only addresses that begin with http:// or https:// can be read")
    path = Path(place)
    return _of_folder(path) if path.is_dir() else [_of_file(path)]


def _of_page(address: str) -> Source:
    try:
        url = str(urls.parsed(address))
    except FetchRefused as error:
        raise IngestError(f"{address}: {error}") from None
    return Source(url, url, url)


def _of_file(path: Path) -> Source:
    if not path.exists():
        raise IngestError(f"{path}: no such file or folder")
    if not _readable(path):
        raise IngestError(f"{path}: not a kind of file that can be read; give {', '.join(SUFFIXES)} or a folder")
    return Source(path, _location(path), _shown(path.name))


def _of_folder(folder: Path) -> list[Source]:
    try:
        paths = sorted(path for path in _walk(folder) if _readable(path))
    except OSError as error:
        raise IngestError(f"{folder}: cannot be read ({error.strerror or error})") from None
    if not paths:
        raise IngestError(f"{folder}: holds no file that can be read ({', '.join(SUFFIXES)})")
    root = folder.resolve()
    return [
        Source(
            path,
            _location(path),
            _shown(f"{root.name}/{path.relative_to(folder).as_posix()}"),
            named=False,
            stray=not path.resolve().is_relative_to(root),
        )
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
