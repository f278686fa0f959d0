"""A dialogue's messages, each with what its words show; looked at once, used by every feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.reasoning.extractive import reactions
from vigilbot.reasoning.extractive.cues import cues_of_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vigilbot.models import Message


@dataclass(frozen=True, slots=True)
class Line:
    """One message, and what its words show."""

    message: Message
    to: frozenset[str]
    """The participants it addresses; `?` stands for somebody who is not here."""
    cues: Mapping[str, bool]
    little: bool
    hedges: bool
    unknowing: bool
    worked: bool
    failed: bool

    @property
    def author(self) -> str:
        return self.message.author

    @property
    def text(self) -> str:
        return self.message.text

    @property
    def asks(self) -> bool:
        return self.cues["mark_at_end"] or (self.cues["wh_first"] and not self.cues["acknowledges"])


def lines_of(messages: Sequence[Message]) -> list[Line]:
    """Every message as a line, in order."""
    people = {message.author for message in messages}
    return [_line(message, people) for message in messages]


def _line(message: Message, people: set[str]) -> Line:
    text = message.text
    failed = bool(reactions.FAILED.search(text))
    return Line(
        message,
        frozenset(reactions.addressed(text, people)),
        cues_of_text(text),
        little=reactions.says_little(text),
        hedges=bool(reactions.HEDGE.search(text)),
        unknowing=bool(reactions.UNKNOWING.search(text)),
        worked=not failed and bool(reactions.WORKED.search(text)),
        failed=failed,
    )
