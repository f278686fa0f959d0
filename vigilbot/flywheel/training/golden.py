"""The golden set: questions whose right entries somebody has written down, which no change may make worse.

JSONL, a line each: `{"id": …, "text": question, "entries": [ids of entries that answer it]}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from vigilbot.evaluation.cases import read_cases, text_of
from vigilbot.evaluation.retrieve import figures_of
from vigilbot.models import EVERYONE, Question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from vigilbot.evaluation.cases import Row
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.knowledge.tuned.tuning import Tuning

DEPTH = 75
HELD = ("recall@75", "precision@8", "ndcg@10")


@dataclass(frozen=True, slots=True)
class GoldenCase:
    question: Question
    entries: frozenset[str]


@dataclass(frozen=True, slots=True)
class Golden:
    """How the golden set fares: means of HELD."""

    figures: Mapping[str, float]

    def lost_by(self, after: Golden, share: float) -> str:
        """The figure that falls by more than this share of what it was; empty when none does."""
        return next((name for name in HELD if after.figures[name] < self.figures[name] * (1 - share)), "")


def read_golden(path: Path) -> list[GoldenCase]:
    """Raises EvaluationError naming file and line."""
    return read_cases(path, _case)


async def measured(knowledge: LocalKnowledge, cases: Sequence[GoldenCase], tuning: Tuning) -> Golden:
    """As the product searches with these models, for everyone."""
    search = await knowledge.searching(tuning)
    each = []
    for case in cases:
        found = await search.ranked(case.question, frozenset({EVERYONE}), DEPTH)
        each.append(figures_of([reference.entry_id for reference in found], dict.fromkeys(case.entries, 1.0)))
    return Golden({name: round(fmean(one[name] for one in each), 4) for name in HELD})


def _case(row: Row) -> GoldenCase:
    named = row.get("entries")
    if not isinstance(named, list) or not named:
        raise ValueError("`entries` must list the ids of the entries that answer it")
    return GoldenCase(Question(text_of(row, "text")), frozenset(map(str, named)))
