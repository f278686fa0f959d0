"""`vigilbot eval triage FILE`: are the grave dialogues seen, and no others?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.evaluation.cases import dialogue_of, read_cases, text_of
from vigilbot.evaluation.metrics import Classification, classification, interval
from vigilbot.evaluation.runs import Measured, by_id
from vigilbot.models import EVERYONE, OTHER, Dialogue
from vigilbot.tickets.severity import severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from vigilbot.evaluation.cases import Row
    from vigilbot.reasoning.base import TriageReasoner
    from vigilbot.tickets.categories import Categories

GRAVE = "grave"
UNDECIDED = "undecided"
"""Counts as not grave: nobody would have been alerted."""


@dataclass(frozen=True, slots=True)
class TriageCase:
    """One dialogue, judged as a whole."""

    dialogue: Dialogue
    label: str


@dataclass(frozen=True, slots=True)
class TriageFigures:
    """`grave`: precision, recall and F1 of "somebody is alerted" (TickIt's columns), whichever category is named."""

    classes: Classification
    grave: dict[str, float]


async def evaluate(
    path: Path,
    reasoner: TriageReasoner,
    categories: Categories,
    progress: Callable[[int, int], None] | None = None,
) -> Measured:
    """Judge every row as the bot would: `n accuracy precision_weighted … per_class confusion`, and `grave`.

    Where a file's labels are not the categories' names, anything but `other` is one class: every grave verdict counts
    as it. `grave_share` is the share of grave rows, the precision of calling everything grave. Raises EvaluationError,
    and ReasonerError.
    """
    cases = read_triage_cases(path)
    judged = []
    for done, case in enumerate(cases, 1):
        judged.append((await severity(case.dialogue, reasoner, categories)).category or UNDECIDED)
        if progress:
            progress(done, len(cases))
    truth = [case.label for case in cases]
    if not set(truth) <= set(categories.names):
        truth, judged = ([_without_kind(label) for label in labels] for labels in (truth, judged))
    found = figures(truth, judged)
    labels = zip(cases, truth, judged, strict=True)
    return Measured(
        {**asdict(found.classes), "grave": found.grave},
        by_id((case.dialogue.session_id, {"truth": true, "judged": said}) for case, true, said in labels),
    )


def figures(truth: Sequence[str], judged: Sequence[str]) -> TriageFigures:
    """Both kinds of figures, of two equally long lists of labels."""
    is_grave = np.array([label not in (OTHER, UNDECIDED) for label in truth])
    said = np.array([label not in (OTHER, UNDECIDED) for label in judged])

    def f1(rows: np.typing.NDArray[np.int64]) -> float:
        return _grave(is_grave[rows], said[rows])["f1"]

    low, high = interval(f1, len(truth))
    grave = {**_grave(is_grave, said), "f1_low": low, "f1_high": high, "grave_share": float(is_grave.mean())}
    return TriageFigures(classification(truth, judged), grave)


def read_triage_cases(path: Path) -> list[TriageCase]:
    """Rows `{id, dialogue, label}`. Raises EvaluationError."""
    return read_cases(path, _parse)


def _grave(truth: np.typing.NDArray[np.bool_], said: np.typing.NDArray[np.bool_]) -> dict[str, float]:
    right = float((truth & said).sum())
    precision = right / said.sum() if said.any() else 0.0
    recall = right / truth.sum() if truth.any() else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": float(precision), "recall": float(recall), "f1": float(f1)}


def _without_kind(label: str) -> str:
    return label if label in (OTHER, UNDECIDED) else GRAVE


def _parse(row: Row) -> TriageCase:
    id_ = str(row.get("id", "case"))
    messages = dialogue_of(row, id_)
    turn = tuple(message for message in messages if message.role == "customer")[-1:]
    return TriageCase(Dialogue(id_, id_, messages, turn, "", frozenset({EVERYONE})), text_of(row, "label"))
