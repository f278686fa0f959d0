"""`vigilbot eval golden`: every thinking task on its few hard cases, each of them right or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.errors import EvaluationError
from vigilbot.evaluation import extract, identify
from vigilbot.evaluation.golden import reviewing, rewriting
from vigilbot.evaluation.metrics import interval
from vigilbot.evaluation.runs import CaseScores, Measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.evaluation.answer import Answering

SHIPPED = Path(__file__).parent / "cases"
"""Our own cases, about products that do not exist."""
EVERYTHING = "all"

Follow = Callable[[int, int, str], None]
"""Told (done, total, label) after each case."""
Scores = Mapping[str, CaseScores]


async def evaluate(folder: Path, answering: Answering, follow: Follow) -> Measured:
    """`n accuracy accuracy_95` over all, the same by task in `tasks`, and in `missed` what was wrong, by case.

    The folder holds one file a task; those that are missing are passed over. A case's score stands under its task's
    name and under `all`; without either it is undecided. Raises EvaluationError, ReasonerError.
    """
    found: dict[str, Scores] = {}
    for task, measured in _tasks(answering).items():
        file = folder / f"{task}.jsonl"
        if file.is_file():
            found[task] = await measured(file, _told(follow, task))
    if not found:
        raise EvaluationError(f"{folder}: holds none of {', '.join(f'{task}.jsonl' for task in _tasks(answering))}")
    right = {task: {id_: is_right(scores) for id_, scores in cases.items()} for task, cases in found.items()}
    return Measured(_figures(right, found) | {"judge": answering.judge.name}, _cases(right))


def is_right(scores: CaseScores) -> bool | None:
    """Labels agree; or exactly the labelled messages were chosen; or it was judged correct. None: undecided."""
    if "truth" in scores:
        return scores["truth"] == scores["judged"]
    if "labelled" in scores:
        return scores["right"] == scores["chosen"] == scores["labelled"]
    return bool(scores["correct"]) if "correct" in scores else None


def _tasks(answering: Answering) -> dict[str, Callable[[Path, Callable[[int, int], None]], Awaitable[Scores]]]:
    reasoner = answering.reasoner

    async def identified(path: Path, told: Callable[[int, int], None]) -> Scores:
        return (await identify.evaluate(path, reasoner, progress=told)).cases

    async def answered(path: Path, told: Callable[[int, int], None]) -> Scores:
        return (await answering.evaluate(path, progress=told)).cases

    async def extracted(path: Path, told: Callable[[int, int], None]) -> Scores:
        return (await extract.evaluate(path, reasoner, told)).cases

    return {
        "identify": identified,
        "rewrite": lambda path, told: rewriting.scores(path, reasoner, told),
        "answer": answered,
        "extract": extracted,
        "review": lambda path, told: reviewing.scores(path, reasoner, told),
    }


def _told(follow: Follow, task: str) -> Callable[[int, int], None]:
    return lambda done, of: follow(done, of, f"Golden set: {task}")


def _figures(right: Mapping[str, Mapping[str, bool | None]], found: Mapping[str, Scores]) -> dict[str, object]:
    every = [one for cases in right.values() for one in cases.values()]
    missed = {
        f"{task}/{id_}": _why(found[task][id_])
        for task, cases in right.items()
        for id_, one in cases.items()
        if one is not True
    }
    tasks = {task: _accuracy(list(cases.values())) for task, cases in right.items()}
    return {**_accuracy(every), "tasks": tasks, "missed": missed}


def _accuracy(right: Sequence[bool | None]) -> dict[str, object]:
    known = np.array([float(one) for one in right if one is not None])
    bounds = interval(lambda rows: float(known[rows].mean()), len(known)) if len(known) else None
    return {
        "n": len(right),
        "accuracy": round(float(known.mean()), 4) if len(known) else 0.0,
        "accuracy_95": bounds,
        "undecided": len(right) - len(known),
    }


def _cases(right: Mapping[str, Mapping[str, bool | None]]) -> dict[str, CaseScores]:
    return {
        f"{task}/{id_}": {} if one is None else {task: float(one), EVERYTHING: float(one)}
        for task, cases in right.items()
        for id_, one in cases.items()
    }


def _why(scores: CaseScores) -> str:
    if "truth" in scores:
        return f"{scores['judged']} in place of {scores['truth']}"
    if "labelled" in scores:
        return f"{scores['right']:.0f} right of {scores['chosen']:.0f} chosen, {scores['labelled']:.0f} labelled"
    if scores.get("said"):
        return str(scores["said"])
    if scores.get("unreadable"):
        return "unreadable"
    if scores.get("refused"):
        return "refused"
    return f"graded {scores['grade']}" if "grade" in scores else "undecided" if "correct" not in scores else "wrong"
