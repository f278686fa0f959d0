"""Better, worse, or no difference? Two runs over the same cases, by a paired bootstrap over these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from vigilbot.errors import EvaluationError
from vigilbot.evaluation.metrics import classification, interval

if TYPE_CHECKING:
    from vigilbot.evaluation.runs import CaseScores, Run

Verdict = Literal["better", "worse", "no difference"]
Rows = NDArray[np.int64]
Measure = Callable[[Rows], float]
"""A figure of the cases with these row numbers."""

LABELS = ("truth", "judged")
COUNTS = ("right", "chosen", "labelled")
LOWER_IS_BETTER = ("wrong", "unreadable")


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and now. `low` and `high` bound the difference with 95 % confidence."""

    before: float
    now: float
    difference: float
    low: float
    high: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side: every figure they share, with its interval."""

    task: str
    cases: int
    """That both runs have."""
    notes: tuple[str, ...]
    """What keeps the two from being quite alike."""
    changes: dict[str, Change]

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    def lines(self) -> list[str]:
        """For a person: a line a figure."""
        width = max(map(len, self.changes), default=0)
        return [*self.notes, *(_line(name.ljust(width), change) for name, change in self.changes.items())]


def compare(before: Run, now: Run) -> Comparison:
    """Compare over the cases both have. Raises EvaluationError when there is nothing to compare."""
    if before.task != now.task:
        raise EvaluationError(f"a run of {before.task} cannot be compared with one of {now.task}")
    common = [id_ for id_ in now.cases if id_ in before.cases]
    if not common:
        raise EvaluationError("the two runs have no case in common")
    former = measures_of([before.cases[id_] for id_ in common])
    latter = measures_of([now.cases[id_] for id_ in common])
    every = np.arange(len(common))
    changes = {
        name: _change(former[name], latter[name], every, lower_is_better=name in LOWER_IS_BETTER)
        for name in latter
        if name in former
    }
    return Comparison(now.task, len(common), _notes(before, now, len(common)), changes)


def measures_of(cases: Sequence[CaseScores]) -> dict[str, Measure]:
    """What can be said of cases with such scores: figures of labels or of counts; of anything else the mean.

    A score that only some cases have is averaged over these.
    """
    keys = {key for case in cases for key, value in case.items() if not isinstance(value, str)}
    if all(set(LABELS) <= case.keys() for case in cases):
        return _of_labels(cases)
    if all(set(COUNTS) <= case.keys() for case in cases):
        return _of_counts(cases)
    return {key: _mean_of([case.get(key) for case in cases]) for key in sorted(keys)}


def _of_labels(cases: Sequence[CaseScores]) -> dict[str, Measure]:
    truth, judged = (np.array([str(case[key]) for case in cases]) for key in LABELS)
    names = ("accuracy", "f1_weighted", "balanced_accuracy")

    def measure(name: str) -> Measure:
        return lambda rows: float(getattr(classification(truth[rows].tolist(), judged[rows].tolist()), name))

    return {name: measure(name) for name in names}


def _of_counts(cases: Sequence[CaseScores]) -> dict[str, Measure]:
    right, chosen, labelled = (np.array([float(case[key]) for case in cases]) for key in COUNTS)
    return {
        "precision": lambda rows: _ratio(right[rows].sum(), chosen[rows].sum()),
        "recall": lambda rows: _ratio(right[rows].sum(), labelled[rows].sum()),
        "f1": lambda rows: _ratio(2 * right[rows].sum(), chosen[rows].sum() + labelled[rows].sum()),
    }


def _mean_of(values: Sequence[float | str | None]) -> Measure:
    column = np.array([float(value) if isinstance(value, int | float) else np.nan for value in values])

    def mean(rows: Rows) -> float:
        known = column[rows][~np.isnan(column[rows])]
        return float(known.mean()) if len(known) else 0.0

    return mean


def _change(before: Measure, now: Measure, every: Rows, *, lower_is_better: bool) -> Change:
    low, high = interval(lambda rows: now(rows) - before(rows), len(every))
    verdict: Verdict = "no difference"
    if low > 0 or high < 0:
        verdict = "better" if (low > 0) is not lower_is_better else "worse"
    was, is_now = before(every), now(every)
    was, is_now, low, high = (round(figure, 4) for figure in (was, is_now, low, high))
    return Change(was, is_now, round(is_now - was, 4), low, high, verdict)


def _notes(before: Run, now: Run, common: int) -> tuple[str, ...]:
    notes = []
    gone, new = len(before.cases) - common, len(now.cases) - common
    if gone or new:
        notes.append(
            f"The case sets differ: {gone:,} only in the former run, {new:,} only in this one; "
            f"compared on the {common:,} in both."
        )
    elif before.digest != now.digest:
        notes.append("The cases' file has changed since the former run; cases with the same id are taken for the same.")
    if before.reasoner != now.reasoner:
        notes.append(f"Then {before.reasoner} did the thinking, now {now.reasoner}.")
    return tuple(notes)


def _line(name: str, change: Change) -> str:
    return (
        f"{name}  {change.before:.3f} → {change.now:.3f}  {change.difference:+.3f} "
        f"[{change.low:+.3f}, {change.high:+.3f}]  {change.verdict}"
    )


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
