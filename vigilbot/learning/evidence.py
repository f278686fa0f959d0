"""Only human analysts teach, whatever a reasoner says: what a lesson rests on is held to that here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.embedding.stopwords import STOP_WORDS
from vigilbot.storage.words import terms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigilbot.learning.lesson import Asked
    from vigilbot.models import Message, Pair, Reference

CUSTOMERS_WORDS = 2
"""Words that only customers wrote, for each that an analyst did: an answer names the customer's things as well."""


def follow_up(asked: Asked) -> tuple[Message, ...]:
    """What was said after the question, oldest first."""
    messages = asked.dialogue.messages
    return messages[messages.index(asked.dialogue.turn_messages[-1]) + 1 :]


def analysts_wrote_after(asked: Asked) -> bool:
    """Whether any analyst wrote after the question: without one there is nothing to learn."""
    return any(message.role == "analyst" for message in follow_up(asked))


def analysts_messages(asked: Asked, message_ids: Iterable[str]) -> tuple[str, ...]:
    """Those of `message_ids` that an analyst wrote after the question, in posting order."""
    named = set(message_ids)
    return tuple(message.id for message in follow_up(asked) if message.role == "analyst" and message.id in named)


def in_analysts_words(pair: Pair, asked: Asked, message_ids: Iterable[str], drawn: Iterable[Reference] = ()) -> bool:
    """Whether an answer says what these messages, or the references it is drawn from, say.

    A customer may write what a reasoner obeys, and any analyst's message can be named as its evidence; so the words
    themselves are looked at. Those that nobody wrote count neither for nor against: it may be told in another language.
    """
    named = set(message_ids)
    said = _telling(pair.answer)
    own = said & _telling(
        *(message.text for message in asked.dialogue.messages if message.id in named),
        *(reference.text for reference in drawn),
    )
    customers = said & _telling(*(one.text for one in asked.dialogue.messages if one.role == "customer")) - own
    return len(customers) <= CUSTOMERS_WORDS * len(own)


def _telling(*texts: str) -> set[str]:
    return {term for text in texts for term in terms(text)} - STOP_WORDS
