"""How a posted answer stood up to what was said after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.models import Review

if TYPE_CHECKING:
    from vigilbot.models import Dialogue, Turn


def reviewed(dialogue: Dialogue, turn: Turn) -> Review:
    """The verdict, with its reason."""
    asked = set(turn.message_ids)
    after = [message for message in dialogue.messages if message.id not in asked]
    if not any(message.role == "analyst" for message in after):
        return Review("keep", "no analyst said anything against it")
    return Review(None, "what the analysts said afterwards does not settle it")
