"""Only human analysts teach, whatever a reasoner says: what a lesson rests on is held to that here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigilbot.learning.lesson import Asked
    from vigilbot.models import Message


def follow_up(asked: Asked) -> tuple[Message, ...]:
    """What was said after the question, oldest first."""
    messages = asked.dialogue.messages
    return messages[messages.index(asked.dialogue.turn_messages[-1]) + 1 :]


def analysts_wrote_after(asked: Asked) -> bool:
    return any(message.role == "analyst" for message in follow_up(asked))


def analysts_messages(asked: Asked, message_ids: Iterable[str]) -> tuple[str, ...]:
    """Those of `message_ids` that an analyst wrote after the question, in posting order."""
    named = set(message_ids)
    return tuple(message.id for message in follow_up(asked) if message.role == "analyst" and message.id in named)
