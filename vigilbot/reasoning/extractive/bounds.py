"""How much of a message is read: a cue is looked for from every place in a text, so the cost grows with its square."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigilbot.models import Dialogue, Message

LONGEST = 6_000
"""Characters of one message: its beginning and its end. What lies between is a log that somebody has pasted."""


def bounded(dialogue: Dialogue) -> Dialogue:
    """The same dialogue, of very long messages the beginning and the end."""
    if all(len(message.text) <= LONGEST for message in dialogue.messages):
        return dialogue
    messages, turn = (tuple(map(_bounded, some)) for some in (dialogue.messages, dialogue.turn_messages))
    return replace(dialogue, messages=messages, turn_messages=turn)


def _bounded(message: Message) -> Message:
    if len(message.text) <= LONGEST:
        return message
    half = LONGEST // 2
    return replace(message, text=f"{message.text[:half]}\n{message.text[-half:]}")
