"""How a posted answer stood up to what was said after it: the verdict, from people's reactions and their own answer.

The rules are those of Vigil's three paths (section 3.2.2), told from plain signs: an analyst's other answer alone
proves nothing against the card's, for two words for one thing look like two things. It counts as another once
somebody says that the card's was wrong, that it did not help, or that the other one did.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.embedding.likeness import SAME_ANSWER, likeness
from vigilbot.models import Pair, Review
from vigilbot.reasoning.extractive import reactions
from vigilbot.reasoning.extractive.conditions import conditions_in, narrowed
from vigilbot.reasoning.extractive.extracting import confirmed
from vigilbot.reasoning.extractive.generic import generic_answer, generic_question
from vigilbot.reasoning.extractive.lines import lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.models import Dialogue, Message, Turn

FEWEST_WORDS = 4
"""A contradiction with no more words than this behind it brings no better answer."""
SOON = 6
"""Among so many messages after the card "that is wrong" means the card, even if it does not name it."""

_CITED = re.compile(r"<doc_(\d+)>")
_NAMES_CARD = re.compile(
    r"\b(?:bot|card|vigil(?:bot)?|(?:suggested|automatic|above) (?:answer|reply|suggestion))\b", re.IGNORECASE
)
_CLAUSE_END = re.compile(r"^[^.!?;:,\n–—-]{0,40}[.!?;:,\n–—-]+\s*|^\s+(?:because|since|as|and|but)\s+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What people showed after the card, oldest first."""

    worked: Message | None
    """A customer's success or thanks before any analyst had answered."""
    worked_later: bool
    failed: Message | None
    confirmed: Message | None
    contradicted: tuple[Message, ...]
    better: tuple[Message, ...]
    """The analysts' own answer."""
    same: bool
    """Whether it says what the card said."""


def follow_up(dialogue: Dialogue, turn: Turn) -> tuple[Message, ...]:
    """What people said after the turn; bots' messages left out."""
    asked = [at for at, message in enumerate(dialogue.messages) if message.id in set(turn.message_ids)]
    after = dialogue.messages[asked[-1] + 1 :] if asked else ()
    return tuple(message for message in after if message.role != "bot" and message.text.strip())


def contradictions(after: Sequence[Message]) -> tuple[Message, ...]:
    """Analysts' messages that call the card wrong."""
    return tuple(
        message
        for number, message in enumerate(after)
        if message.role == "analyst"
        and reactions.WRONG.search(message.text)
        and (number < SOON or _NAMES_CARD.search(message.text))
    )


def own_answer(after: Sequence[Message], definitive: Sequence[Message]) -> tuple[Message, ...]:
    """The analysts' own answer: what was extracted, and every contradiction that goes on to say how it is.

    Where a customer said that the card did not help, and later that it works, it is what came in between.
    """
    wrong = contradictions(after)
    held = {message.id for message in definitive if message not in wrong}
    lines = lines_of(after)
    failed = next((at for at, line in enumerate(lines) if line.message.role == "customer" and line.failed), None)
    if failed is not None:
        held |= {message.id for message in confirmed(lines[failed + 1 :])}
    held |= {message.id for message in wrong if brings_better(message)}
    return tuple(message for message in after if message.id in held)


def posted_text(turn: Turn) -> str:
    """The posted answer without its citations."""
    return _CITED.sub("", turn.answer.text).strip() if turn.answer else ""


def sameness(posted: str, vector: NDArray[np.float32], own: str, own_vector: NDArray[np.float32]) -> float:
    """How like two answers are, 0 to 1; 0 when they name different versions or settings."""
    return likeness(posted, vector, own, own_vector)


def brings_better(message: Message) -> bool:
    """Whether a contradiction goes on to say how it is."""
    rest = without_contradiction(message.text)
    return len(rest.split()) >= FEWEST_WORDS and not reactions.asks_back(rest) and not reactions.HOLDING.search(rest)


def without_contradiction(text: str) -> str:
    """The text without the clauses that call the card wrong."""
    while found := reactions.WRONG.search(text):
        before = re.split(r"(?<=[.!?\n])\s+", text[: found.start()])[:-1]
        after = text[found.end() :]
        end = _CLAUSE_END.match(after)
        text = " ".join([*before, _remedy(after[end.end() :]) if end else ""]).strip()
    return text


def _remedy(rest: str) -> str:
    """What follows a contradiction, without the rest of its sentence where that only tells why the card is wrong."""
    why, *further = re.split(r"(?<=[.!?\n])\s+", rest, maxsplit=1)
    tells_how = reactions.ADVICE.search(why) or reactions.has_code(why) or reactions.has_link(why)
    return rest if tells_how or not further or len(further[0].split()) < FEWEST_WORDS else further[0]


def evidence(after: Sequence[Message], better: Sequence[Message], alike: float) -> Evidence:
    """Sort what was said. `alike` is the cosine of the card's answer and the analysts' own, 0 without one."""
    answered_at = next((at for at, message in enumerate(after) if message in better), len(after))
    customers = [message for message in after if message.role == "customer"]
    early = [message for message in after[:answered_at] if message.role == "customer"]
    late = [message for message in after[answered_at:] if message.role == "customer"]
    analysts = [message for message in after if message.role == "analyst"]
    wrong = contradictions(after)
    return Evidence(
        worked=next((message for message in early if _succeeded(message.text)), None),
        worked_later=any(_succeeded(message.text) for message in late),
        failed=next((message for message in customers if reactions.FAILED.search(message.text)), None),
        confirmed=next((m for m in analysts if m not in wrong and reactions.RIGHT.search(m.text)), None),
        contradicted=wrong,
        better=tuple(better),
        same=bool(better) and alike >= SAME_ANSWER,
    )


def judged(dialogue: Dialogue, turn: Turn, after: Sequence[Message], seen: Evidence) -> Review:
    """The verdict. Undecided where the signs do not settle it: then nothing changes."""
    if seen.contradicted and not seen.better:
        return _delete(turn, seen)
    if _is_other_answer(turn, seen):
        return _update(dialogue, turn, after, seen)
    return _kept(seen) or _undecided(seen)


def _is_other_answer(turn: Turn, seen: Evidence) -> bool:
    """Whether the analysts' own answer takes the place of the card's."""
    if seen.contradicted and seen.better:
        return True  # even in nearly the same words: "not on the free plan, there …" is near to what it contradicts
    if not seen.better or seen.same:
        return False
    if seen.failed:
        return True
    return bool(not seen.worked and seen.worked_later and conditions_in([m.text for m in seen.better], _said_in(turn)))


def _kept(seen: Evidence) -> Review | None:
    if seen.worked and not seen.failed:
        return Review("keep", "the customer said that it helped")
    if seen.confirmed and not seen.failed:
        return Review("keep", "an analyst confirmed it", message_ids=(seen.confirmed.id,))
    if seen.same:
        return Review("keep", "the analysts' own answer says the same", message_ids=_ids(seen.better))
    return None


def _undecided(seen: Evidence) -> Review:
    if seen.failed:
        return Review(None, "the customer said that it did not help, and no analyst said what does")
    if seen.better:
        return Review(None, "an analyst answered in other words, and nobody said that the card was wrong")
    return Review("keep", "nobody said anything against it")


def _delete(turn: Turn, seen: Evidence) -> Review:
    reason = "an analyst said that it is wrong, and gave no better answer"
    return Review("delete", reason, _cited(turn), message_ids=_ids(seen.contradicted))


def _update(dialogue: Dialogue, turn: Turn, after: Sequence[Message], seen: Evidence) -> Review:
    people = {message.author for message in dialogue.messages}
    answer = generic_answer([without_contradiction(message.text) for message in seen.better], people)
    question = generic_question(turn.question.text if turn.question else dialogue.turn_text, people)
    if not answer or not question:
        return Review(None, "an analyst gave another answer, but nothing generic is left of it")
    found = [message.text for message in seen.better]
    facts = [m.text for m in after if m.role == "customer" and not reactions.asks_back(m.text)]
    conditions = conditions_in(found, _said_in(turn)) or conditions_in(facts, _said_in(turn))
    pair = Pair(narrowed(question, [generic_question(one, people) for one in conditions]), answer)
    why = "an analyst said that it is wrong and gave" if seen.contradicted else "it did not help, and an analyst gave"
    if not seen.contradicted and not seen.failed:
        why = "the customer was helped by"
    reason = f"{why} another answer{f' for: {conditions[0]}' if conditions else ''}"
    return Review("update", reason, _cited(turn), pair, _ids((*seen.contradicted, *seen.better)))


def _succeeded(text: str) -> bool:
    helped = reactions.WORKED.search(text) or reactions.THANKS.search(text)
    return bool(helped) and not reactions.FAILED.search(text) and not reactions.asks_back(text)


def _said_in(turn: Turn) -> str:
    return f"{turn.question.text if turn.question else ''} {turn.answer.text if turn.answer else ''}"


def _cited(turn: Turn) -> tuple[int, ...]:
    """The references that the posted answer cites; numbers beyond what was found are left out."""
    numbers = {int(number) for number in _CITED.findall(turn.answer.text if turn.answer else "")}
    return tuple(sorted(number for number in numbers if 1 <= number <= len(turn.references)))


def _ids(messages: Sequence[Message]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(message.id for message in messages))
