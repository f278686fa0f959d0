"""A ticket's problem in the customer's own words: the sentences that tell what fails, without names and ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.reasoning.extractive.cues import cues_of_text
from vigilbot.reasoning.extractive.generic import generic_question, is_small_talk
from vigilbot.reasoning.extractive.quoting import stems
from vigilbot.reasoning.extractive.rewriting import substance
from vigilbot.reasoning.extractive.sentences import is_code, sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vigilbot.models import Dialogue

MOST_SENTENCES = 3
MOST_STATED = 400
"""Characters of one ticket's statement."""
MOST_JOINED = 900
"""Characters of a joint statement; the oldest tickets' words stay."""
NEW_FROM = 0.5
"""A sentence joins a statement when this share of its words is not in it yet."""


def statement_of(dialogue: Dialogue) -> str:
    """The first sentences in which customers say what fails, else the first they write; may be empty."""
    people = {message.author for message in dialogue.messages}
    said = [
        generic
        for message in dialogue.messages
        if message.role == "customer" and not message.deleted
        for sentence in sentences(message.text)
        if not is_code(sentence) and not is_small_talk(sentence)
        if len(substance(generic := generic_question(sentence, people))) > 1
    ]
    faults = [sentence for sentence in said if cues_of_text(sentence)["fault"]]
    return _within(faults[:MOST_SENTENCES] or said[:1], MOST_STATED) or _anything(dialogue)


def joined(statements: Sequence[str]) -> str:
    """The first statement, and from each later one the sentences that say something new."""
    kept: list[str] = []
    known: set[str] = set()
    for statement in statements:
        for sentence in sentences(statement):
            words = stems(substance(sentence))
            if not kept or len(words - known) >= NEW_FROM * max(1, len(words)):
                kept.append(sentence)
                known |= words
    return _within(kept, MOST_JOINED)


def _within(found: Iterable[str], limit: int) -> str:
    text = ""
    for sentence in found:
        longer = f"{text} {sentence}".strip()
        if text and len(longer) > limit:
            break
        text = longer
    return text[:limit]


def _anything(dialogue: Dialogue) -> str:
    return next((message.text for message in dialogue.messages if message.text.strip()), "")[:MOST_STATED]
