"""The human comes first: has an analyst answered in the meantime?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Message, Session

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


@dataclass(frozen=True, slots=True)
class StandDown:
    """Says when an answer would be noise: somebody has answered, the bot was silenced, or nobody waits any more."""

    answer_within: float
    """Seconds after the turn's last message (or its last edit) beyond which no answer is posted."""

    def reason(
        self, session: Session, messages: Sequence[Message], turn_messages: Sequence[Message], now: float
    ) -> str | None:
        """Why nothing is to be posted, in one sentence; None while an answer is wanted.

        `messages` is the session in posting order without what was deleted; `turn_messages` are among them.
        """
        if not turn_messages:
            return "the customer deleted the message"
        if session.muted:
            return "the thread was muted in the meantime"
        if session.state == "closed":
            return "the session was closed in the meantime"
        if by := answered_by(messages, turn_messages):
            return f"{by.author} answered first"
        asked_at = max(max(message.posted_at, message.edited_at or 0.0) for message in turn_messages)
        if now - asked_at > self.answer_within:
            return f"the answer would have come {round((now - asked_at) / 60)} minutes after the question"
        return None


def answered_by(messages: Sequence[Message], turn_messages: Sequence[Message]) -> Message | None:
    """The analyst's message after the turn that answers it, or None. `messages` is the session in posting order.

    Without asking a model: a promise to look, a greeting or a question back is no answer; anything else is.
    """
    last = turn_messages[-1].id
    after = messages[[message.id for message in messages].index(last) + 1 :]
    return next((message for message in after if message.role == "analyst" and is_answer(message.text)), None)


def is_answer(text: str) -> bool:
    """Whether an analyst's words may answer a question, rather than promise to look, greet, or ask back."""
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
