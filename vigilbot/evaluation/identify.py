"""`vigilbot eval identify FILE`: does the reasoner know when to speak?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from vigilbot.errors import OutputUnreadable
from vigilbot.evaluation.cases import dialogue_of, read_cases, text_of
from vigilbot.evaluation.metrics import classification, interval
from vigilbot.evaluation.runs import Measured, by_id
from vigilbot.models import EVERYONE, Dialogue, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from vigilbot.evaluation.cases import Row
    from vigilbot.reasoning.base import Reasoner

LABELS: tuple[str, ...] = get_args(Scope)
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class IdentifyCase:
    """One dialogue whose last customer message is judged. `scope` is empty when the row names none."""

    dialogue: Dialogue
    label: str


async def evaluate(
    path: Path, reasoner: Reasoner, scope: str = "", progress: Callable[[int, int], None] | None = None
) -> Measured:
    """Judge every row and compare: `n accuracy precision_weighted … per_class confusion`, and F1's 95 % interval.

    `scope` stands in where a row has none; empty means that any question is within scope, so that only "speak or stay
    silent" is judged. `progress` is told (rows done, rows in all). Raises EvaluationError, and ReasonerError.
    """
    cases = read_cases(path, lambda row: _parse(row, scope))
    judged = []
    for done, case in enumerate(cases, 1):
        judged.append(await _judged(reasoner, case.dialogue))
        if progress:
            progress(done, len(cases))
    return labelled([case.dialogue.session_id for case in cases], [case.label for case in cases], judged)


def labelled(ids: Sequence[str], truth: Sequence[str], judged: Sequence[str]) -> Measured:
    """The figures of three equally long lists, and each case's labels."""
    each = zip(ids, truth, judged, strict=True)
    cases = by_id((id_, {"truth": true, "judged": said}) for id_, true, said in each)
    return Measured(figures(truth, judged), cases)


def figures(truth: Sequence[str], judged: Sequence[str]) -> dict[str, object]:
    """The metrics object of the identify task."""
    true, said = np.array(truth), np.array(judged)

    def f1(rows: np.typing.NDArray[np.int64]) -> float:
        return classification(true[rows].tolist(), said[rows].tolist()).f1_weighted

    return {**asdict(classification(truth, judged)), "f1_weighted_95": interval(f1, len(true))}


def _parse(row: Row, scope: str) -> IdentifyCase:
    label = text_of(row, "label")
    if label not in LABELS:
        raise ValueError(f"the label {label!r} is none of {', '.join(LABELS)}")
    return IdentifyCase(asked_in(row, text_of(row, "scope") if "scope" in row else scope), label)


def asked_in(row: Row, scope: str) -> Dialogue:
    """The row's dialogue up to its last customer message, which is the turn. Raises ValueError when there is none."""
    id_ = str(row.get("id", "case"))
    messages = dialogue_of(row, id_)
    asked = [index for index, message in enumerate(messages) if message.role == "customer"]
    if not asked:
        raise ValueError("`dialogue` holds no customer message to judge")
    shown = messages[: asked[-1] + 1]
    return Dialogue(id_, id_, shown, shown[-1:], scope, frozenset({EVERYONE}))


async def _judged(reasoner: Reasoner, dialogue: Dialogue) -> str:
    """A model that twice names no scope that exists has judged wrongly; that ends no evaluation."""
    try:
        return (await reasoner.identify(dialogue)).scope
    except OutputUnreadable:
        return UNREADABLE
