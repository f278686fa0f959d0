"""A dialogue and its references as prompts show them: cleaned, cut to a budget of characters, oldest history first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.reasoning.shown import shown, shown_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vigilbot.models import Dialogue, Message, Reference, Role

_TURN_SHARE = 0.4
_REFERENCES_SHARE = 0.4
_LONGEST_LINE = 4_000
"""No message of the history may push out all others."""
_NAME = re.compile(r"[^\w .@-]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One message. `pictures` is how many are attached, seen or not."""

    role: Role
    author: str
    text: str
    pictures: int


@dataclass(frozen=True, slots=True)
class Transcript:
    """`omitted` older messages did not fit in front of `history`; `turn` is what is to be judged."""

    omitted: int
    history: tuple[Line, ...]
    turn: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A reference as `<doc_number>`; `question` is empty except for stored question–answer pairs."""

    number: int
    title: str
    question: str
    text: str


def transcript(dialogue: Dialogue, chars: int) -> Transcript:
    """The dialogue within `chars` characters of text; messages that were deleted are left out."""
    present = [message for message in dialogue.turn_messages if not message.deleted]
    fair = int(chars * _TURN_SHARE) // max(1, len(present))
    history = [message for message in dialogue.history if not message.deleted]
    kept = _newest(history, chars - int(chars * (_TURN_SHARE + _REFERENCES_SHARE)))
    return Transcript(
        omitted=len(history) - len(kept),
        history=kept,
        turn=tuple(_line(message, fair) for message in present),
    )


def fair_share(chars: int, count: int) -> int:
    """What each of so many references and findings may take of a budget of characters."""
    return int(chars * _REFERENCES_SHARE) // max(1, count)


def passages(references: Sequence[Reference], fair: int) -> tuple[Passage, ...]:
    """The references, numbered from 1, each cut to `fair` characters."""
    return tuple(
        Passage(number, name_of(reference.title, 120), clipped(reference.question, fair), clipped(reference.text, fair))
        for number, reference in enumerate(references, start=1)
    )


def clipped(text: str, limit: int) -> str:
    """The text itself, or its beginning and end with a note of how much is missing in between."""
    if len(text) <= limit:
        return text
    text = shown(text)  # before it is cut: half a secret would pass for none
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"


def clipped_words(text: str, limit: int) -> str:
    """The same of what a person wrote, or what was made of it: without personal data too."""
    return clipped(shown_message(text), limit)


def _newest(messages: Sequence[Message], chars: int) -> tuple[Line, ...]:
    lines: list[Line] = []
    left = chars
    for message in reversed(messages):
        line = _line(message, min(_LONGEST_LINE, chars))
        left -= len(line.text)
        if left < 0:
            break
        lines.append(line)
    return tuple(reversed(lines))


def _line(message: Message, limit: int) -> Line:
    return Line(message.role, name_of(message.author, 40), clipped_words(message.text, limit), len(message.images))


def name_of(text: str, limit: int) -> str:
    """A name or title that cannot leave the quotes it stands in."""
    return " ".join(_NAME.sub(" ", shown(text)).split())[:limit]


def total_pictures(messages: Iterable[Message]) -> int:
    return sum(len(message.images) for message in messages if not message.deleted)
