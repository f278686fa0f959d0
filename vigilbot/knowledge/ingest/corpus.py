"""JSONL corpora, plain or gzip: one passage or one question-and-answer pair a line."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from vigilbot.errors import IngestError
from vigilbot.knowledge.texts import normalised
from vigilbot.safety.redaction.redact import without_secrets
from vigilbot.storage.entries import Content

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from vigilbot.models import Audience

SUFFIXES = (".jsonl", ".jsonl.gz")

MOST_BYTES = 4 * 1024**3
"""Of one corpus, unpacked."""

MOST_LINE_BYTES = 8 * 1024**2

NARROW = re.compile(r"(?:channel|customer):\S+")
"""An audience that is not everyone; corpora from elsewhere may mean something else by that key."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a corpus, ready to become an entry."""

    line: int
    id: str
    content: Content


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a corpus tells before anything of it is stored."""

    rows: int
    content_hash: str


def survey(path: Path, audience: Audience) -> Survey:
    """Read every line once, for this audience.

    Raises IngestError naming the first that is broken or, as an export says of each, for somebody else; or when there
    is none.
    """
    digest = hashlib.blake2b(digest_size=16)
    count = 0
    for number, line in _lines(path):
        digest.update(line)
        count += _row_of(line, number, path, "", audience) is not None
    if not count:
        raise IngestError(f"{path}: holds no entry")
    return Survey(count, digest.hexdigest())


def rows(path: Path, name: str) -> Iterator[Row]:
    """Every row with text, normalised; `name` stands for the file in the sources of rows without a `url`.

    Raises IngestError naming file and line.
    """
    for number, line in _lines(path):
        if row := _row_of(line, number, path, name):
            yield row


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    read = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            number = 0
            while line := file.readline(MOST_LINE_BYTES + 1):
                number += 1
                read += len(line)
                if len(line) > MOST_LINE_BYTES:
                    raise IngestError(f"{path}, line {number}: longer than {MOST_LINE_BYTES // 2**20} MB")
                if read > MOST_BYTES:
                    raise IngestError(f"{path}: larger than {MOST_BYTES // 2**30} GB unpacked; split it")
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        raise IngestError(f"{path}: cannot be read ({error})") from None


def _row_of(line: bytes, number: int, path: Path, name: str, audience: Audience | None = None) -> Row | None:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise IngestError(f"{path}, line {number}: is not JSON ({error})") from None
    if not isinstance(row, dict):
        raise IngestError(f"{path}, line {number}: must be a JSON object, not {type(row).__name__}")
    try:
        if audience:
            _hold_to(audience, row)
        id_ = str(row["id"]) if row.get("id") is not None else f"line {number}"
        content = _content_of(row, f"{name}#{id_}")
    except ValueError as fault:
        raise IngestError(f"{path}, line {number}: {fault}") from None
    return Row(number, id_, content) if content.text else None


def _hold_to(audience: Audience, row: Mapping[str, Any]) -> None:
    meant = row.get("audience")
    if isinstance(meant, str) and NARROW.fullmatch(meant) and meant != audience:
        raise ValueError(f"is for {meant} alone, not for {audience}; give --audience {meant}, or take the key out")


def _content_of(row: Mapping[str, Any], place: str) -> Content:
    question = _text(row, "question") if "answer" in row else ""
    text = _text(row, "answer" if question else "text")
    return Content(_text(row, "title", ""), text, _text(row, "url", "") or place, question)


def _text(row: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = row.get(key, default)
    if value is None and default is None:
        raise ValueError(f"the key `{key}` is missing; a row needs `text`, or `question` and `answer`")
    if value is not None and not isinstance(value, str):
        raise ValueError(f"`{key}` must be a string, not {type(value).__name__}")
    return without_secrets(normalised(value or "").strip())
