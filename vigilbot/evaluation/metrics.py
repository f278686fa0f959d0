"""Classification figures: accuracy, weighted and per-class precision, recall and F1, confusion, bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

RESAMPLES = 1000
CONFIDENCE = 0.95
SEED = 0


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Precision, recall and F1 of one label, and how many rows truly have it."""

    precision: float
    recall: float
    f1: float
    support: int
    """Cases that truly belong to the class."""


@dataclass(frozen=True, slots=True)
class Classification:
    """Weighted figures weigh each class by its support; balanced accuracy is the mean recall of classes that occur."""

    n: int
    accuracy: float
    precision_weighted: float
    recall_weighted: float
    f1_weighted: float
    balanced_accuracy: float
    per_class: dict[str, ClassFigures]
    confusion: dict[str, dict[str, int]]
    """Truth → judged → cases."""


def classification(truth: Sequence[str], judged: Sequence[str]) -> Classification:
    """All figures of two equally long lists of labels; both may hold labels the other does not."""
    labels = sorted({*truth, *judged})
    confusion = {true: dict.fromkeys(labels, 0) for true in labels}
    for true, said in zip(truth, judged, strict=True):
        confusion[true][said] += 1
    per_class = {label: _figures(label, confusion) for label in labels}
    total = len(truth)

    def weighted(pick: Callable[[ClassFigures], float]) -> float:
        return _ratio(sum(pick(found) * found.support for found in per_class.values()), total)

    occurring = [found.recall for found in per_class.values() if found.support]
    return Classification(
        n=total,
        accuracy=_ratio(sum(confusion[label][label] for label in labels), total),
        precision_weighted=weighted(lambda found: found.precision),
        recall_weighted=weighted(lambda found: found.recall),
        f1_weighted=weighted(lambda found: found.f1),
        balanced_accuracy=_ratio(sum(occurring), len(occurring)),
        per_class=per_class,
        confusion=confusion,
    )


def interval(measure: Callable[[NDArray[np.int64]], float], cases: int) -> tuple[float, float]:
    """Bootstrap 95 % interval of `measure`, which is given row numbers drawn with replacement.

    The same rows are drawn every time, so that the same run gives the same interval.
    """
    chance = np.random.default_rng(SEED)
    figures = [measure(chance.integers(0, cases, cases)) for _ in range(RESAMPLES)]
    low, high = np.quantile(figures, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _figures(label: str, confusion: dict[str, dict[str, int]]) -> ClassFigures:
    right = confusion[label][label]
    support = sum(confusion[label].values())
    precision = _ratio(right, sum(row[label] for row in confusion.values()))
    recall = _ratio(right, support)
    return ClassFigures(precision, recall, _ratio(2 * precision * recall, precision + recall), support)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
