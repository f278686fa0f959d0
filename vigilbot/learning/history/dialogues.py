"""Dialogues as JSON lines, plain or gzip: `{id, dialogue: [{role, author, text, at?}]}`, as backtests read them."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from vigilbot.chat.base import Place
from vigilbot.errors import IngestError
from vigilbot.learning.history.records import MOST_LINES, Fault, Left, Line, Thread, believable, clean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vigilbot.learning.history.records import Found
    from vigilbot.models import Role

PLATFORM = "import"
LONGEST_ROW = 16 * 2**20
"""Bytes of one dialogue."""
SECONDS_APART = 60.0
"""Between two messages whose times the file does not tell."""
ROLES: dict[str, Role] = {"customer": "customer", "analyst": "analyst", "bot": "bot"}

_UNSAFE = re.compile(r"[^\w.~-]", re.ASCII)


class DialogueFile:
    """Raises IngestError when the file cannot be opened."""

    def __init__(self, path: Path, now: float) -> None:
        """Dialogues without times are taken to have ended `now`."""
        self._path = path
        self._now = now
        self._channel = _safe(path.name.split(".")[0])
        try:
            self._raw = path.open("rb")
            self._size = path.stat().st_size
        except OSError as error:
            raise IngestError(f"{path}: cannot be read ({error.strerror})") from None

    @property
    def progress(self) -> float:
        return min(1.0, self._raw.tell() / self._size) if self._size else 1.0

    def close(self) -> None:
        self._raw.close()

    def read(self) -> Iterator[Found]:
        seen: set[str] = set()
        for number, row in self._rows():
            try:
                thread = self._thread(row)
            except ValueError as fault:
                yield Fault(f"{self._path.name}, line {number}: {fault}")
                continue
            if thread.place.thread in seen:
                yield Left("a dialogue whose id stands in the file twice", len(thread.lines))
            else:
                seen.add(thread.place.thread)
                yield thread

    def _rows(self) -> Iterator[tuple[int, bytes]]:
        number = 0
        try:
            lines = gzip.GzipFile(fileobj=self._raw) if self._path.suffix == ".gz" else self._raw
            while row := _row(lines):
                number += 1
                if row.strip():
                    yield number, row
        except (OSError, EOFError, zlib.error) as error:
            raise IngestError(f"{self._path}: cannot be read after line {number} ({error})") from None

    def _thread(self, row: bytes) -> Thread:
        fields = _fields(row)
        said = fields.get("dialogue")
        dialogue_id = fields.get("id")
        if not isinstance(dialogue_id, str | int) or not isinstance(said, list) or not said:
            raise ValueError("must be {id, dialogue: [{role, author, text}, …]}")
        if len(said) > MOST_LINES:
            raise ValueError(f"has more than {MOST_LINES:,} messages")
        began = self._now - SECONDS_APART * len(said)
        lines: list[Line] = []
        for entry in said:
            before = lines[-1].posted_at if lines else began - SECONDS_APART
            lines.append(_line(entry, len(lines), before + SECONDS_APART))
        return Thread(Place(PLATFORM, self._channel, _safe(str(dialogue_id))), tuple(lines))


def _row(lines: IO[bytes] | gzip.GzipFile) -> bytes:
    """The next line; of one that is too long, only so much that it is found to be."""
    row = lines.readline(LONGEST_ROW + 1)
    if len(row) > LONGEST_ROW:
        while (rest := lines.readline(LONGEST_ROW)) and not rest.endswith(b"\n"):
            continue
    return row


def _fields(row: bytes) -> dict[str, object]:
    if len(row) > LONGEST_ROW:
        raise ValueError(f"is longer than {LONGEST_ROW >> 20} MB")
    try:
        fields = json.loads(row)
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON ({error})") from None
    if not isinstance(fields, dict):
        raise ValueError("must be a JSON object")  # noqa: TRY004 - a fault of the file, told like every other
    return fields


def _line(entry: object, number: int, otherwise_at: float) -> Line:
    fields = entry if isinstance(entry, dict) else {}
    text, role, author = fields.get("text"), str(fields.get("role") or "")[:40], fields.get("author")
    if not isinstance(text, str):
        raise ValueError(f"message {number} of `dialogue` has no text")  # noqa: TRY004 - the same
    if role and role not in ROLES:
        raise ValueError(f"message {number} of `dialogue` has the role {role!r}; it must be one of {', '.join(ROLES)}")
    return Line(
        id=f"{number:06}",
        author=clean(str(author or role or "somebody"), 80),
        text=clean(text),
        posted_at=_moment(fields.get("at", fields.get("time")), otherwise_at),
        role=ROLES.get(role),
    )


def _moment(value: object, otherwise: float) -> float:
    """Seconds since the epoch, from a number or an ISO 8601 date; `otherwise` when it is neither."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return otherwise
        value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return float(value) if isinstance(value, int | float) and believable(value) else otherwise


def _safe(name: str) -> str:
    """A part of a session's id: safe in a URL, and different for different names."""
    plain = _UNSAFE.sub("_", name)[:60]
    if plain == name and name:
        return name
    return f"{plain}~{hashlib.blake2b(name.encode('utf-8', 'replace'), digest_size=6).hexdigest()}"
