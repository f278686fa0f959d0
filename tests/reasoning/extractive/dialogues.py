"""Dialogues in short hand: `A:` starts an analyst's message, the last message is the turn."""

from __future__ import annotations

from vigilbot.config import DEFAULT_SCOPE
from vigilbot.models import EVERYONE, Dialogue, Message


def dialogue(*lines: str, scope: str = DEFAULT_SCOPE) -> Dialogue:
    messages = tuple(_message(str(number), line) for number, line in enumerate(lines))
    return Dialogue("s", "t", messages, messages[-1:], scope, frozenset({EVERYONE}))


def _message(id_: str, line: str) -> Message:
    if line.startswith("A:"):
        return Message(id_, "s", "ana", "analyst", line.removeprefix("A:").strip(), float(id_))
    return Message(id_, "s", "carl", "customer", line, float(id_))
