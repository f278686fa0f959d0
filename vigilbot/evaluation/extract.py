"""`vigilbot eval extract FILE`: does the reasoner find the analysts' answer, and only when there is one?"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from vigilbot.errors import OutputUnreadable
from vigilbot.evaluation.cases import dialogue_of, read_cases, read_rows, text_of
from vigilbot.evaluation.metrics import interval
from vigilbot.evaluation.runs import Measured, by_id
from vigilbot.models import EVERYONE, Dialogue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np

    from vigilbot.evaluation.cases import Row
    from vigilbot.models import Message
    from vigilbot.reasoning.base import Reasoner

MOST_OTHER = 3
"""So many messages of other matter a good pair may hold."""
FIRST_FEW = 3
THANKS = ("thank", "thx", "tnx", "cheers", "worked", "works")


@dataclass(frozen=True, slots=True)
class ExtractCase:
    """A closed dialogue, one question of it, and the messages that answer it (none: nobody did)."""

    dialogue: Dialogue
    answers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was extracted from one case: the messages named, and whether a pair would be stored."""

    chosen: frozenset[str]
    stored: bool


@dataclass(frozen=True, slots=True)
class ExtractFigures:
    """Over messages, counted over all cases: precision, recall, F1. Over cases: what the pairs are worth."""

    precision: float
    recall: float
    f1: float
    attempted: float
    """Share of cases that yield a pair."""
    good_pairs: float
    """Share of the pairs that hold a labelled message and at most MOST_OTHER others."""
    answered_yielding: float
    """Share of the answered cases that yield a pair."""
    unanswered_yielding: float


async def evaluate(path: Path, reasoner: Reasoner, progress: Callable[[int, int], None] | None = None) -> Measured:
    """`n answered unanswered precision recall f1 attempted … f1_95 baselines`.

    A row is `{id, dialogue, question_messages, answer_messages}` with indexes; in place of `dialogue` it may name the
    JSONL file that holds it under the same id as `sessions`, relative to the row's own file. `progress` is told
    (rows done, rows in all). Raises EvaluationError, and ReasonerError.
    """
    cases = read_extract_cases(path)
    outcomes = []
    for done, case in enumerate(cases, 1):
        outcomes.append(await _extracted(reasoner, case.dialogue))
        if progress:
            progress(done, len(cases))
    answered = sum(bool(case.answers) for case in cases)

    def f1(rows: np.typing.NDArray[np.int64]) -> float:
        return figures([cases[row] for row in rows], [outcomes[row] for row in rows]).f1

    found = {
        "n": len(cases),
        "answered": answered,
        "unanswered": len(cases) - answered,
        **asdict(figures(cases, outcomes)),
        "f1_95": interval(f1, len(cases)),
        "baselines": {
            name: asdict(figures(cases, [_by(choose, case.dialogue) for case in cases]))
            for name, choose in BASELINES.items()
        },
    }
    return Measured(
        found, by_id((case.dialogue.session_id, _counts(case, one)) for case, one in zip(cases, outcomes, strict=True))
    )


def _counts(case: ExtractCase, found: Outcome) -> dict[str, float]:
    return {
        "right": len(case.answers & found.chosen),
        "chosen": len(found.chosen),
        "labelled": len(case.answers),
    }


def figures(cases: Sequence[ExtractCase], outcomes: Sequence[Outcome]) -> ExtractFigures:
    """Compare, case by case."""
    judged = list(zip(cases, outcomes, strict=True))
    right = sum(len(case.answers & found.chosen) for case, found in judged)
    precision = _ratio(right, sum(len(found.chosen) for found in outcomes))
    recall = _ratio(right, sum(len(case.answers) for case in cases))
    stored = [(case, found) for case, found in judged if found.stored]
    good = sum(bool(c.answers & found.chosen) and len(found.chosen - c.answers) <= MOST_OTHER for c, found in stored)
    return ExtractFigures(
        precision=precision,
        recall=recall,
        f1=_ratio(2 * precision * recall, precision + recall),
        attempted=_ratio(len(stored), len(cases)),
        good_pairs=_ratio(good, len(stored)),
        answered_yielding=_ratio(sum(bool(c.answers) for c, _ in stored), sum(bool(c.answers) for c in cases)),
        unanswered_yielding=_ratio(sum(not c.answers for c, _ in stored), sum(not c.answers for c in cases)),
    )


async def _extracted(reasoner: Reasoner, dialogue: Dialogue) -> Outcome:
    """What cannot be read twice teaches nothing, as in the bot."""
    last = dialogue.messages.index(dialogue.turn_messages[-1])
    try:
        question = await reasoner.rewrite(replace(dialogue, messages=dialogue.messages[: last + 1]))
        found = await reasoner.extract(dialogue, question)
    except OutputUnreadable:
        return Outcome(frozenset(), stored=False)
    return Outcome(frozenset(found.message_ids), found.pair is not None)


def _by(choose: Callable[[Sequence[Message], Sequence[Message]], Sequence[Message]], dialogue: Dialogue) -> Outcome:
    first = dialogue.messages.index(dialogue.turn_messages[0])
    after = dialogue.messages[first:]
    replies = [message for message in after if message.role == "analyst"]
    chosen = frozenset(message.id for message in choose(replies, after))
    return Outcome(chosen, bool(chosen))


def _before_thanks(replies: Sequence[Message], after: Sequence[Message]) -> Sequence[Message]:
    """The last reply before the customers' last thanks."""
    thanked = [
        index
        for index, message in enumerate(after)
        if message.role == "customer" and any(word in message.text.lower() for word in THANKS)
    ]
    before = after[: thanked[-1]] if thanked else ()
    return [message for message in replies if message in before][-1:]


BASELINES: dict[str, Callable[[Sequence[Message], Sequence[Message]], Sequence[Message]]] = {
    "first reply": lambda replies, _: replies[:1],
    "first three replies": lambda replies, _: replies[:FIRST_FEW],
    "longest reply": lambda replies, _: sorted(replies, key=lambda message: -len(message.text))[:1],
    "last before thanks": _before_thanks,
    "everything": lambda replies, _: replies,
}


def read_extract_cases(path: Path) -> list[ExtractCase]:
    """The labelled cases of a file. Raises EvaluationError naming file and line."""
    sessions: dict[Path, dict[str, Row]] = {}

    def parse(row: Row) -> ExtractCase:
        if "dialogue" in row:
            return _case(row, row)
        file = path.parent / text_of(row, "sessions")
        if file not in sessions:
            sessions[file] = {str(found.get("id")): found for found in read_rows(file)}
        whole = sessions[file].get(str(row["id"]))
        if whole is None:
            raise ValueError(f"{file.name} holds no dialogue {row['id']!r}")
        return _case(row, whole)

    return read_cases(path, parse)


def _case(row: Row, whole: Row) -> ExtractCase:
    id_ = str(row["id"])
    messages = dialogue_of(whole, id_)
    asked, answers = (picked(row, key, messages) for key in ("question_messages", "answer_messages"))
    if not asked:
        raise ValueError("`question_messages` must not be empty")
    return ExtractCase(
        Dialogue(id_, id_, messages, asked, "", frozenset({EVERYONE})), frozenset(message.id for message in answers)
    )


def picked(row: Row, key: str, messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages whose indexes `row[key]` lists; raises ValueError in words when its shape is wrong."""
    indexes = row[key]
    if not isinstance(indexes, list) or not all(isinstance(at, int) and 0 <= at < len(messages) for at in indexes):
        raise ValueError(f"`{key}` must be a list of indexes into `dialogue`")
    return tuple(messages[at] for at in sorted(set(indexes)))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
