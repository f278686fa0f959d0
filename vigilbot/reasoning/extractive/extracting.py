"""What a closed dialogue taught about one question: which analysts' messages answer it, and the pair made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.models import Extraction, Pair
from vigilbot.reasoning.extractive.generic import generic_answer, generic_question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Dialogue, Message, Question


def replies_after(dialogue: Dialogue) -> list[Message]:
    """The analysts' messages after the turn began, oldest first; nobody else teaches."""
    asked = {message.id for message in dialogue.turn_messages}
    first = next((i for i, message in enumerate(dialogue.messages) if message.id in asked), 0)
    return [message for message in dialogue.messages[first:] if message.role == "analyst" and message.text.strip()]


def extraction(dialogue: Dialogue, question: Question, chosen: Sequence[Message]) -> Extraction:
    """The pair in generic words; without one when nothing was chosen or nothing is left of it."""
    if not chosen:
        return Extraction(None, (), "no analyst gave a definitive answer")
    people = {message.author for message in dialogue.messages}
    pair = Pair(generic_question(question.text, people), generic_answer([message.text for message in chosen], people))
    ids = tuple(message.id for message in chosen)
    if not pair.answer or not pair.question:
        return Extraction(None, ids, "nothing generic is left of the answer")
    return Extraction(pair, ids, f"an analyst answered in {len(ids)} message{'s' if len(ids) > 1 else ''}")
