"""What every kind of history is read into: threads of lines, and what could not be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vigilbot.chat.base import Place
    from vigilbot.models import Role

LONGEST_TEXT = 40_000
"""Characters of one message: Slack's own limit."""
MOST_LINES = 2_000
"""Messages of one thread; what is longer is no support dialogue."""
LATEST = 4_000_000_000.0
"""No moment after this one (2096) is believed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message. `role` is None where the file does not tell whether its author asks or answers."""

    id: str
    author: str
    text: str
    posted_at: float
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """One dialogue, in posting order. Its beginning may be missing: a reply may come long after the rest."""

    place: Place
    lines: tuple[Line, ...]
    whole: bool = True
    """Whether it holds the message the thread began with."""


@dataclass(frozen=True, slots=True)
class Left:
    """Messages that were read and are no use, and why."""

    reason: str
    messages: int = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the file that could not be read, in one line that names the place."""

    text: str


Found = Thread | Left | Fault


class History(Protocol):
    """A file of old dialogues, opened."""

    @property
    def progress(self) -> float:
        """How much of it has been read, from 0 to 1."""

    def read(self) -> Iterator[Found]:
        """Everything in it, in bounded memory. Raises IngestError when nothing more can be read."""

    def close(self) -> None:
        """Let go of the file."""


def clean(text: str, limit: int = LONGEST_TEXT) -> str:
    """Text that every store takes: no lone surrogates, no NUL, not endless."""
    return text[:limit].replace("\0", "").encode("utf-8", "replace").decode()


def believable(moment: float) -> bool:
    return 0.0 < moment < LATEST
