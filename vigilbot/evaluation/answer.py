"""`vigilbot eval answer FILE`: are the answers right, cited, and refused where nothing answers?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.errors import OutputUnreadable
from vigilbot.evaluation.cases import dialogue_of, read_cases, text_of
from vigilbot.evaluation.judging import Verdict
from vigilbot.evaluation.metrics import interval
from vigilbot.evaluation.runs import Measured, by_id
from vigilbot.models import EVERYONE, Dialogue, Reference, Turn
from vigilbot.pipeline.answer import held_to_rules
from vigilbot.pipeline.citations import without_citations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from vigilbot.evaluation.cases import Row
    from vigilbot.evaluation.judging import AnswerJudge
    from vigilbot.evaluation.runs import CaseScores
    from vigilbot.knowledge.base import KnowledgeBase
    from vigilbot.models import Answer, EntryKind, Question
    from vigilbot.reasoning.base import Reasoner

AS_MANY = 5
"""Passages searched for where a row brings none."""


@dataclass(frozen=True, slots=True)
class AnswerCase:
    """One question with the right answer. `references` None: they are searched for; `gold` empty: refusing is right."""

    dialogue: Dialogue
    references: tuple[Reference, ...] | None
    """None: the knowledge base is searched."""
    gold: str
    """What a right answer says; empty where nothing answers, and refusing is right."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers, what is searched, who judges. `knowledge` is open."""

    reasoner: Reasoner
    knowledge: KnowledgeBase
    judge: AnswerJudge

    async def evaluate(
        self, path: Path, scope: str = "", progress: Callable[[int, int], None] | None = None
    ) -> Measured:
        """`n accuracy refused cited` and more; see `figures`.

        A row is `{id, dialogue, references?, gold}`; a reference is a text or `{text, title?, question?, url?}`, and
        `gold` is null or empty where refusing is right. Raises EvaluationError, ReasonerError.
        """
        cases = read_cases(path, lambda row: _parse(row, scope))
        scored: list[tuple[str, CaseScores]] = []
        for done, case in enumerate(cases, 1):
            scored.append((case.dialogue.session_id, await self._scores(case)))
            if progress:
                progress(done, len(cases))
        return Measured(figures([scores for _, scores in scored]) | {"judge": self.judge.name}, by_id(scored))

    async def _scores(self, case: AnswerCase) -> CaseScores:
        try:
            question, references, proposed = await self._proposed(case)
        except OutputUnreadable:
            return {"refused": 1.0, "unreadable": 1.0, "correct": 0.0, "wrong": 0.0}
        text = _held(proposed, references)
        scores: CaseScores = {"refused": float(not text)}
        if not proposed.refused:
            scores["cited"] = float(bool(text))
        verdict = await self._verdict(question, text, case.gold)
        if verdict.grade:
            scores["grade"] = verdict.grade
        if verdict.correct is not None:
            scores |= {"correct": float(verdict.correct), "wrong": float(bool(text) and not verdict.correct)}
        return scores

    async def _proposed(self, case: AnswerCase) -> tuple[Question, tuple[Reference, ...], Answer]:
        question = await self.reasoner.rewrite(case.dialogue)
        references = case.references
        if references is None:
            references = await self._found(question, case.dialogue)
        return question, references, await self.reasoner.answer(question, references, case.dialogue)

    async def _found(self, question: Question, dialogue: Dialogue) -> tuple[Reference, ...]:
        return tuple(await self.knowledge.search(question, audiences=dialogue.audiences, limit=AS_MANY))

    async def _verdict(self, question: Question, text: str, gold: str) -> Verdict:
        if not text or not gold:
            right = not text and not gold
            return Verdict(right, float(right), "one of the two says nothing")
        return await self.judge.judge(question.text, text, gold)


def figures(cases: Sequence[CaseScores]) -> dict[str, object]:
    """`accuracy` is over all cases that were judged: right, or rightly refused; `accuracy_95` bounds it.

    `accuracy_answered`: of the answers given. `cited`: of the answers proposed, those that cite what exists; the
    others count as refused, as in the pipeline. `undecided`: cases the judge could not decide. `grades`: where a
    model judged, how often it gave each grade. `unreadable`: cases in which a model's replies could twice not be read;
    they are never right.
    """
    correct = np.array([float(scores["correct"]) for scores in cases if "correct" in scores])
    answered = [float(scores["correct"]) for scores in cases if "correct" in scores and not scores["refused"]]
    proposed = [float(scores["cited"]) for scores in cases if "cited" in scores]
    grades = Counter(str(scores["grade"]) for scores in cases if "grade" in scores)
    return {
        "n": len(cases),
        "accuracy": _mean(correct.tolist()),
        "accuracy_95": interval(lambda rows: float(correct[rows].mean()), len(correct)) if len(correct) else None,
        "refused": _mean([float(scores["refused"]) for scores in cases]),
        "cited": _mean(proposed),
        "accuracy_answered": _mean(answered),
        "undecided": len(cases) - len(correct),
        "unreadable": sum("unreadable" in scores for scores in cases),
        **({"grades": dict(grades)} if grades else {}),
    }


def _held(proposed: Answer, references: Sequence[Reference]) -> str:
    """What the pipeline would post, without its citations."""
    turn = Turn("", "", (), 0.0, references=tuple(references))
    held = [held_to_rules(part, turn) for part in proposed.parts]
    return without_citations("\n\n".join(part.text for part in held if not part.refused))


def _parse(row: Row, scope: str) -> AnswerCase:
    id_, gold = str(row.get("id", "case")), row["gold"]
    if gold is not None and not isinstance(gold, str):
        raise ValueError("`gold` must be a string, or null where nothing answers")
    messages = dialogue_of(row, id_)
    asked = [index for index, message in enumerate(messages) if message.role == "customer"]
    if not asked:
        raise ValueError("`dialogue` holds no customer message to answer")
    shown = messages[: asked[-1] + 1]
    dialogue = Dialogue(id_, id_, shown, shown[-1:], scope, frozenset({EVERYONE}))
    return AnswerCase(dialogue, references_of(row.get("references")), (gold or "").strip())


def references_of(given: object) -> tuple[Reference, ...] | None:
    """A row's references: texts, or objects with one; None where it brings none. Raises ValueError in words."""
    if given is None:
        return None
    if not isinstance(given, list):
        raise ValueError("`references` must be a list")  # noqa: TRY004 - a fault of the file, told like every other
    return tuple(_reference(one, number) for number, one in enumerate(given, 1))


def _reference(given: object, number: int) -> Reference:
    fields = {"text": given} if isinstance(given, str) else given
    if not isinstance(fields, dict) or not isinstance(fields.get("text"), str):
        raise ValueError(f"reference {number} must be a text or have one")  # noqa: TRY004 - the same
    title, question, url = (str(fields.get(key) or "") for key in ("title", "question", "url"))
    kind: EntryKind = "qa" if question else "document"
    return Reference(f"given-{number}", 1, kind, title, text_of(fields, "text"), url, 0.0, question=question)


def _mean(values: Sequence[float]) -> float:
    return round(fmean(values), 4) if values else 0.0
