"""The human comes first: has an analyst answered in the meantime?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Message

HOLDING = re.compile(
    r"\b(?:let me (?:look|check|see|have a look|find out|ask)|"
    r"(?:i'?ll|i will|will|going to) (?:look|check|ask|find out|get back|be right)|"
    r"(?:one|a|just a|give me a) (?:sec|second|moment|minute|min|bit)|looking (?:into|at)|"
    r"look into (?:it|this|that)|checking|hold on|hang on|bear with|on it|investigating|taking a look|brb|"
    r"be right (?:back|with you)|good question|hmm+|thanks for (?:reporting|letting)|sorry to hear)\b",
    re.IGNORECASE,
)
GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening)|welcome|ok(?:ay)?|sure|yes|thanks?)\b", re.IGNORECASE
)
SUGGESTION = re.compile(
    r"\b(?:have|did|can|could|would) you (?:tried|try|please)\b|\bwhat (?:if|about)\b", re.IGNORECASE
)
SUBSTANCE = re.compile(r"https?://|`|\n.*\n|\d+\.\d+")
HOLDING_WORDS = 14
GREETING_WORDS = 5


def answered_by(messages: Sequence[Message], turn_messages: Sequence[Message]) -> Message | None:
    """The analyst's message after the turn that answers it, or None. `messages` is the session in posting order.

    Without asking a model: a promise to look, a greeting or a question back is no answer; anything else is.
    """
    last = turn_messages[-1].id
    after = messages[[message.id for message in messages].index(last) + 1 :]
    return next((message for message in after if message.role == "analyst" and is_answer(message.text)), None)


def is_answer(text: str) -> bool:
    words = len(text.split())
    if words == 0:
        return False
    if SUBSTANCE.search(text):
        return True
    if HOLDING.search(text) and words <= HOLDING_WORDS:
        return False
    if GREETING.search(text) and words <= GREETING_WORDS:
        return False
    return not text.rstrip().endswith("?") or bool(SUGGESTION.search(text))
