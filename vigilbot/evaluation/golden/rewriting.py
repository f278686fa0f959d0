"""Rewritten questions, judged by the words they must hold and must not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.errors import OutputUnreadable
from vigilbot.evaluation.cases import read_cases
from vigilbot.evaluation.identify import asked_in
from vigilbot.evaluation.runs import by_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vigilbot.evaluation.cases import Row
    from vigilbot.evaluation.runs import CaseScores
    from vigilbot.models import Dialogue
    from vigilbot.reasoning.base import Reasoner


@dataclass(frozen=True, slots=True)
class RewriteCase:
    """A turn, and the terms that its rewritten question has to hold and must not."""

    dialogue: Dialogue
    must: tuple[tuple[str, ...], ...]
    """Of each group, one term."""
    must_not: tuple[str, ...]

    def faults(self, text: str) -> str:
        """What the text lacks or should not hold, for people; empty when it is as it must be."""
        lacking = ["lacks " + " / ".join(group) for group in self.must if not any(_holds(text, term) for term in group)]
        return ", ".join([*lacking, *(f"holds {term}" for term in self.must_not if _holds(text, term))])


async def scores(path: Path, reasoner: Reasoner, progress: Callable[[int, int], None]) -> dict[str, CaseScores]:
    """`correct` of every case, and what was wrong as `said`.

    A row is `{id, dialogue, must, must_not}`: lists of terms that the question and its sub-questions hold as whole
    words in any case; an entry of `must` may be a list of which one suffices. Raises EvaluationError, ReasonerError.
    """
    cases = read_cases(path, _parse)
    scored: list[tuple[str, CaseScores]] = []
    for done, case in enumerate(cases, 1):
        faults = await _faults(reasoner, case)
        scored.append((case.dialogue.session_id, {"correct": float(not faults), "said": faults}))
        progress(done, len(cases))
    return by_id(scored)


async def _faults(reasoner: Reasoner, case: RewriteCase) -> str:
    try:
        question = await reasoner.rewrite(case.dialogue)
    except OutputUnreadable as error:
        return str(error)
    return case.faults("\n".join((question.text, *question.sub_questions)))


def _holds(text: str, term: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text, re.IGNORECASE) is not None


def _parse(row: Row) -> RewriteCase:
    if not isinstance(row["must"], list):
        raise ValueError("`must` must be a list of terms")  # noqa: TRY004 - a fault of the file, told like every other
    must = tuple((entry,) if isinstance(entry, str) else _terms(entry, "must") for entry in row["must"])
    return RewriteCase(asked_in(row, ""), must, _terms(row["must_not"], "must_not"))


def _terms(given: object, key: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(term, str) for term in given):
        raise ValueError(f"`{key}` must be a list of terms")
    return tuple(given)
