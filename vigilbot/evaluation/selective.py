"""`vigilbot eval selective FOLDER`: of the built-in reasoner, how often an answer is wrong by how many are given.

Every query of a retrieval folder is searched and answered as in the bot, at each certainty from which it may answer.
An answer is right when it cites a passage (or page) that people judged right.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from vigilbot.evaluation.retrieve import AS_ASKED, Judged, scratch_knowledge
from vigilbot.evaluation.runs import Measured, by_id
from vigilbot.models import EVERYONE, Dialogue
from vigilbot.pipeline.citations import cited
from vigilbot.reasoning.extractive import ExtractiveReasoner
from vigilbot.reasoning.extractive.quoting import ANSWER_FROM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from vigilbot.embedding.base import Embedder
    from vigilbot.evaluation.retrieve import Query
    from vigilbot.evaluation.runs import CaseScores
    from vigilbot.models import Reference

CERTAINTIES = (0.0, 0.1, 0.2, ANSWER_FROM, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """`risk` is the share of the given answers that cite nothing judged right; `coverage` that of queries answered."""

    certainty: float
    coverage: float
    risk: float
    answered: int
    right: int


async def evaluate(folder: Path, embedder: Embedder, follow: Callable[[int, int, str], None]) -> Measured:
    """`n operating_point curve`; the cases' scores are those at the operating point. Raises EvaluationError."""
    judged = Judged.read(folder)
    async with scratch_knowledge(embedder) as knowledge:
        names = await judged.ingested(knowledge, follow)
        searched: list[tuple[Query, list[Reference]]] = []
        for query in judged.queries:
            found = await knowledge.search(query.question, audiences=frozenset({EVERYONE}), limit=AS_ASKED)
            searched.append((query, [one for one in found if names[one.entry_id] not in query.exclude]))
        curve: list[CurvePoint] = []
        cases: dict[str, CaseScores] = {}
        for number, certainty in enumerate(CERTAINTIES, 1):
            reasoner = ExtractiveReasoner(embedder, knowledge, answer_from=certainty)
            scores = [await _scores(reasoner, *one, names, judged.grades[one[0].id]) for one in searched]
            curve.append(_point(certainty, scores))
            if certainty == ANSWER_FROM:
                cases = by_id((query.id, scored) for (query, _), scored in zip(searched, scores, strict=True))
            follow(number, len(CERTAINTIES), "Answering")
    here = next(point for point in curve if point.certainty == ANSWER_FROM)
    return Measured(
        {"n": len(searched), "operating_point": asdict(here), "curve": [asdict(point) for point in curve]}, cases
    )


async def _scores(
    reasoner: ExtractiveReasoner,
    query: Query,
    references: Sequence[Reference],
    names: Mapping[str, str],
    grades: Mapping[str, float],
) -> CaseScores:
    nobody = Dialogue("", "", (), (), "", frozenset({EVERYONE}))
    answer = await reasoner.answer(query.question, references, nobody)
    if answer.refused:
        return {"answered": 0.0}
    right = any(grades.get(names[references[one.number - 1].entry_id], 0.0) > 0 for one in cited(answer.text))
    return {"answered": 1.0, "right": float(right), "wrong": float(not right)}


def _point(certainty: float, scores: Sequence[CaseScores]) -> CurvePoint:
    answered = sum(bool(scored["answered"]) for scored in scores)
    right = sum(bool(scored.get("right")) for scored in scores)
    risk = round(1 - right / answered, 4) if answered else 0.0
    return CurvePoint(certainty, round(answered / len(scores), 4), risk, answered, right)
