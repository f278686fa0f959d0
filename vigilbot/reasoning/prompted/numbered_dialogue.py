"""A whole dialogue as the learning prompts show it: every message numbered, cut to a budget where it matters least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.reasoning.prompted.transcript import clipped_words, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigilbot.models import Dialogue, Message, Role

_LONGEST = 3_000
"""No message may push out all others."""
_LEAST_SHARE = 8
"""Nor may any take more than one part in so many of the budget."""
_END = 4
"""How many of the last messages are kept before anything else: a correction or a thank-you stands there."""


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """One message. `number` is its place in the dialogue, from 1; `skipped` messages before it were left out.

    `pictures` is how many are attached, none of which is seen.
    """

    number: int
    role: Role
    author: str
    text: str
    pictures: int
    asks: bool
    """Whether it belongs to the turn."""
    skipped: int


def messages_by_number(dialogue: Dialogue) -> dict[int, Message]:
    """The messages that were not deleted, by the numbers that prompts and replies call them, in order."""
    return dict(enumerate((message for message in dialogue.messages if not message.deleted), start=1))


def numbered_dialogue(dialogue: Dialogue, chars: int) -> tuple[NumberedLine, ...]:
    """The dialogue within some `chars` characters of text. Numbers stay the same however much is left out.

    Kept first: the turn, the end, what analysts said after the turn, what else was said after it, what came before.
    """
    messages = messages_by_number(dialogue)
    asking = {message.id for message in dialogue.turn_messages}
    limit = max(1, min(_LONGEST, chars // _LEAST_SHARE))
    texts = {number: clipped_words(message.text, limit) for number, message in messages.items()}
    kept: list[int] = []
    left = chars
    for number in _by_weight(messages, asking):
        left -= len(texts[number])
        if left < 0 and kept:
            break
        kept.append(number)
    lines: list[NumberedLine] = []
    last = 0
    for number in sorted(kept):
        message = messages[number]
        lines.append(
            NumberedLine(
                number=number,
                role=message.role,
                author=name_of(message.author, 40),
                text=texts[number],
                pictures=len(message.images),
                asks=message.id in asking,
                skipped=number - last - 1,
            )
        )
        last = number
    return tuple(lines)


def _by_weight(messages: dict[int, Message], asking: set[str]) -> Iterable[int]:
    """All numbers, those first that must not be missing."""
    turn = [number for number, message in messages.items() if message.id in asking]
    asked_at = turn[-1] if turn else 0
    after = [number for number in messages if number > asked_at]
    analysts = [number for number in after if messages[number].role == "analyst"]
    before = [number for number in reversed(messages) if number < asked_at]
    return dict.fromkeys([*turn, *after[-_END:], *analysts, *after, *before])
