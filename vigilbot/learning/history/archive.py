"""The files of an export, in a folder or a zip: nothing is unpacked to disk, and names and sizes are held to limits."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

from vigilbot.errors import IngestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 2**18
LARGEST_FILE = 4 * 2**30
LARGEST_WHOLE = 32 * 2**30
"""Bytes, unpacked."""
SMALL = 2**20
DENSEST = 250
"""How many times smaller packing may have made a file that is not small: indented chat JSON shrinks about tenfold."""
DEEPEST = 3
"""`an export's folder / a channel / a day`."""

_BROKEN = (OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zipfile.BadZipFile, zlib.error)
"""What zipfile raises for damaged, encrypted, oddly packed and cut members."""


class Archive(Protocol):
    """An export's files by name, whichever way they are packed."""

    sizes: dict[str, int]
    """Bytes by inner path (`general/2024-03-01.json`), JSON files only."""
    faults: list[str]
    """What was refused, in words."""

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of one file. Raises IngestError."""

    def close(self) -> None:
        """Nothing is read afterwards."""


def opened(path: Path) -> Archive:
    """Raises IngestError when it is neither a folder nor a readable zip, or more than it pretends to be."""
    return Folder(path) if path.is_dir() else Zip(path)


class Folder:
    """An export that lies unpacked in a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.sizes: dict[str, int] = {}
        self.faults: list[str] = []
        home = path.resolve()
        for file in sorted(found for depth in range(DEEPEST) for found in path.glob("*/" * depth + "*.json")):
            name = file.relative_to(path).as_posix()
            if not file.resolve().is_relative_to(home):
                self.faults.append(f"{name}: leads out of the folder, so it is not read")
            elif file.is_file():
                self.sizes[name] = file.stat().st_size

    def chunks(self, name: str) -> Iterator[bytes]:
        try:
            with (self._path / name).open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except OSError as error:
            raise IngestError(f"{name}: cannot be read ({error.strerror})") from None

    def close(self) -> None:
        """No file stays open."""


class Zip:
    """An export as the zip file that Slack sends."""

    def __init__(self, path: Path) -> None:
        self.sizes: dict[str, int] = {}
        self.faults: list[str] = []
        try:
            self._packed = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise IngestError(f"{path}: is not a readable zip ({error})") from None
        for member in self._packed.infolist():
            self._consider(member)
        if sum(self.sizes.values()) > LARGEST_WHOLE:
            raise IngestError(f"{path}: unpacks to more than {LARGEST_WHOLE >> 30} GB; import its channels one by one")

    def _consider(self, member: zipfile.ZipInfo) -> None:
        name = member.filename
        if not name.endswith(".json") or name.count("/") >= DEEPEST:
            return
        if refusal := _refusal(member) or ("is in the zip twice" if name in self.sizes else ""):
            self.faults.append(f"{_shown(name)}: {refusal}, so it is not read")
        else:
            self.sizes[name] = member.file_size

    def chunks(self, name: str) -> Iterator[bytes]:
        try:
            with self._packed.open(name) as file:
                while chunk := file.read(CHUNK):  # never more than the declared size, which was looked at
                    yield chunk
        except _BROKEN as error:
            raise IngestError(f"{_shown(name)}: cannot be unpacked ({error})") from None

    def close(self) -> None:
        self._packed.close()


def _refusal(member: zipfile.ZipInfo) -> str:
    path = PurePosixPath(member.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in path.parts[0]:
        return "leads out of the zip"
    if member.file_size > LARGEST_FILE:
        return f"unpacks to more than {LARGEST_FILE >> 30} GB"
    if member.file_size > SMALL and member.file_size > DENSEST * member.compress_size:
        return f"unpacks to more than {DENSEST} times its size"
    return ""


def _shown(name: str) -> str:
    return name.encode("unicode_escape").decode()[:200]
