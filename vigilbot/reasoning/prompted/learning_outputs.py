"""What the learning prompts ask for, and the rules their replies are held to: only analysts teach, only what exists.

Numbers that name no message, or a customer's, and references the answer never had are ignored and recorded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import structlog
from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from vigilbot.models import Extraction, Judgement, Pair, Review
from vigilbot.reasoning.prompted.numbered_dialogue import messages_by_number
from vigilbot.reasoning.prompted.output import Output
from vigilbot.reasoning.prompted.turn_outputs import as_on_the_menu, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vigilbot.config import ReasonerTask
    from vigilbot.models import Dialogue, Message, Turn, Verdict

log = structlog.get_logger(__name__)

VERDICTS: tuple[Verdict, ...] = ("keep", "delete", "update")
_MOST_NUMBERS = 200

Numbers = Annotated[list[int], Field(max_length=_MOST_NUMBERS)]
PairQuestion = Annotated[str, StringConstraints(max_length=2_000)]
PairAnswer = Annotated[str, StringConstraints(max_length=8_000)]
Label = Annotated[
    str, BeforeValidator(as_on_the_menu), WithJsonSchema({"type": "string", "enum": ["keep", "delete", "update"]})
]

_MENTION = re.compile(r"<[@#!][^>\s]+>")
_PARTICULAR = re.compile(
    r"\b[\w.+-]+@[\w-]+\.\w[\w.-]+"
    r"|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b",
    re.IGNORECASE,
)
"""Addresses and ids: knowledge when an analyst wrote them, one customer's own otherwise."""


class ExtractOutput(Output):
    reasoning: str
    messages: Numbers
    question: PairQuestion
    answer: PairAnswer

    def extraction(self, dialogue: Dialogue) -> Extraction:
        """No evidence left, or no generic pair: nothing was learnt, and the reason says why."""
        evidence = _analysts_words("extract", dialogue, self.messages, after_turn=False)
        pair = _pair(self.question, self.answer, dialogue)
        if not evidence:
            why = "the answer found rests on no analyst's message" if pair else "no analyst gave a definitive answer"
            return Extraction(None, (), _because(why, self.reasoning))
        if pair is None:
            return Extraction(None, evidence, _because("the answer could not be put in general words", self.reasoning))
        return Extraction(pair, evidence, one_line(self.reasoning))


class ReviewOutput(Output):
    reasoning: str
    messages: Numbers
    verdict: Label
    misleading: Numbers
    question: PairQuestion
    answer: PairAnswer

    def review(self, dialogue: Dialogue, turn: Turn) -> Review:
        """A verdict off the menu, or one without what it needs, is undecided: nothing changes, and that is said."""
        evidence = _analysts_words("review", dialogue, self.messages, after_turn=True)
        verdict = next((label for label in VERDICTS if label == self.verdict), None)
        if verdict == "keep":
            return Review("keep", one_line(self.reasoning), message_ids=evidence)
        misleading = _given_references(dialogue, self.misleading, len(turn.references))
        pair = _pair(self.question, self.answer, dialogue) if verdict == "update" else None
        lacking = _lacking(verdict, evidence, misleading, pair)
        if lacking:
            return Review(None, _because(f"undecided, so kept: {lacking}", self.reasoning), message_ids=evidence)
        return Review(verdict, one_line(self.reasoning), misleading, pair, evidence)


class JudgePageOutput(Output):
    reasoning: str
    relevant: bool

    def judgement(self) -> Judgement:
        return Judgement(self.relevant, one_line(self.reasoning))


def _lacking(verdict: Verdict | None, evidence: Sequence[str], misleading: Sequence[int], pair: Pair | None) -> str:
    """What keeps a verdict from being carried out; empty when nothing does."""
    if verdict is None:
        return "the reviewer gave no verdict that exists"
    if not evidence:
        return f"the verdict {verdict} rests on no analyst's message after the question"
    if verdict == "delete" and not misleading:
        return "the reviewer named no reference the answer was made from"
    if verdict == "update" and pair is None:
        return "the reviewer wrote no better pair in general words"
    return ""


def _pair(question: str, answer: str, dialogue: Dialogue) -> Pair | None:
    """None when a half is missing, or when it speaks of one customer: mentions, ids and addresses no analyst wrote."""
    both = f"{question}\n{answer}"
    taught = "\n".join(message.text for message in dialogue.messages if message.role == "analyst").lower()
    particular = any(found.group().lower() not in taught for found in _PARTICULAR.finditer(both))
    if not question or not answer or particular or _MENTION.search(both):
        return None
    return Pair(question, answer)


def _analysts_words(
    task: ReasonerTask, dialogue: Dialogue, numbers: Sequence[int], *, after_turn: bool
) -> tuple[str, ...]:
    """The ids of those messages that analysts wrote, in order; what else was named is recorded."""
    messages = messages_by_number(dialogue)
    known = sorted({number for number in numbers if number in messages})
    asked_at = _last_of_turn(dialogue, messages.items()) if after_turn else 0
    kept = [number for number in known if messages[number].role == "analyst" and number > asked_at]
    unknown = len({*numbers} - {*known})
    if unknown or len(kept) < len(known):
        log.warning(
            "evidence_ignored",
            task=task,
            session=dialogue.session_id,
            turn=dialogue.turn_id,
            unknown=unknown,
            not_teaching=len(known) - len(kept),
            kept=len(kept),
        )
    return tuple(messages[number].id for number in kept)


def _last_of_turn(dialogue: Dialogue, messages: Iterable[tuple[int, Message]]) -> int:
    asking = {message.id for message in dialogue.turn_messages}
    return max((number for number, message in messages if message.id in asking), default=0)


def _given_references(dialogue: Dialogue, numbers: Sequence[int], count: int) -> tuple[int, ...]:
    """Those numbers that are references of the turn; what else was named is recorded."""
    kept = tuple(sorted({number for number in numbers if 1 <= number <= count}))
    if unknown := len({*numbers} - {*kept}):
        log.warning(
            "references_ignored",
            task="review",
            session=dialogue.session_id,
            turn=dialogue.turn_id,
            unknown=unknown,
            kept=len(kept),
        )
    return kept


def _because(why: str, reasoning: str) -> str:
    return one_line(f"{why} ({reasoning})" if reasoning else why)
