"""What the steps of learning pass on: a question as it was asked, and what it taught."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigilbot.models import Card, Dialogue, Pair, Question, Reference, Scope, Session, Turn
    from vigilbot.storage.lessons import Result, StoredLesson


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a session, with the whole dialogue to its end, and how the bot dealt with it."""

    session: Session
    dialogue: Dialogue
    """`turn_messages` are the question's own."""
    turn: Turn | None
    """None for what was asked before an analyst joined, or while the thread was muted."""
    scope: Scope | None
    """None until somebody has judged it: the bot when it was asked, or learning now."""
    question: Question
    card: Card | None
    """The posted answer, if there was one."""
    before: StoredLesson | None
    """What was thought of it when it was last looked at."""
    seen: str
    """Digest of everything a lesson can rest on."""

    @property
    def message_id(self) -> str:
        return self.dialogue.turn_messages[0].id

    @property
    def is_accepted(self) -> bool:
        return self.card is not None and self.card.state == "accepted"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a question taught. Nothing has been written yet."""

    asked: Asked
    result: Result
    reason: str
    pairs: tuple[Pair, ...] = ()
    """What is to be known from now on."""
    evidence: tuple[str, ...] = ()
    """Ids of the analysts' messages it rests on; of an accepted answer, none."""
    misled: tuple[Reference, ...] = ()
    """References that must not answer such a question again."""
    drew_on: tuple[Reference, ...] = ()
    """References that the pairs rest on: forgetting one of them reaches the pairs."""
    saw: tuple[Reference, ...] = ()
    """All that lay before whoever worded the pairs, cited or not: who may not see those may not see the pairs."""
