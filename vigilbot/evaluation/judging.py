"""Does an answer say what the right one says? A judge that asks a model, and one that needs none.

Without one, two texts agree when they are near in meaning (`embedding.likeness`), or when one holds nearly all words
of the other: a quotation is shorter than the passage it is from, an analyst's reply shorter than the manual. Texts that
name different versions or settings never agree. `python -m benchmarks judging` measures it against people's labels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from vigilbot.embedding.likeness import differ_in_names
from vigilbot.reasoning.extractive.cues import content_words

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder
    from vigilbot.models import Grade
    from vigilbot.reasoning.prompted.grading import PromptedGrader

AGREES = 0.68
"""Score from which the answer counts as right."""
RELATED = 0.4
"""Score from which it is at least about the same thing; a person should look at what lies between."""
FEWEST_WORDS = 5
"""A text with fewer words of substance is held by too many others."""
_STEM = 6
_WORTH: dict[Grade | None, float] = {"correct": 1.0, "partly": 0.5}
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`correct` is None when the judge cannot tell; partly right is not right. `score` is from 0 to 1."""

    correct: bool | None
    score: float
    reason: str
    grade: Grade | None = None
    """Where the judge knows more than right and wrong."""


class AnswerJudge(Protocol):
    """Whoever compares an answer with the right one."""

    @property
    def name(self) -> str:
        """Who judges, for reports."""

    async def judge(self, question: str, answer: str, gold: str) -> Verdict:
        """Compare an answer with the right one. Raises EmbeddingError or ReasonerError."""


class SimilarityJudge:
    """Implements AnswerJudge."""

    name = "similarity"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def judge(self, question: str, answer: str, gold: str) -> Verdict:  # noqa: ARG002 - the protocol's
        """The larger of nearness in meaning and shared words. Raises EmbeddingError."""
        if differ_in_names(answer, gold):
            return Verdict(False, 0.0, "they name different versions or settings")
        one, other = await self._embedder.embed([answer, gold])
        score = max(0.0, float(one @ other), containment(answer, gold))
        return Verdict(score >= AGREES, round(score, 4), f"similarity {score:.2f}")


class ModelJudge:
    """Implements AnswerJudge with the rubric of `prompts/judge_answer.md`."""

    def __init__(self, grader: PromptedGrader) -> None:
        self._grader = grader

    @property
    def name(self) -> str:
        """The model's."""
        return self._grader.name

    async def judge(self, question: str, answer: str, gold: str) -> Verdict:
        """What the model says; undecided where it says nothing that exists. Raises ReasonerError."""
        found = await self._grader.grade(question, answer, gold)
        correct = None if found.grade is None else found.grade == "correct"
        return Verdict(correct, _WORTH.get(found.grade, 0.0), found.reason, found.grade)


def containment(one: str, other: str) -> float:
    """Share of the shorter text's words of substance that the longer one holds, 0 to 1; 0 when there are too few."""
    few, many = sorted((_stems(one), _stems(other)), key=len)
    return len(few & many) / len(few) if len(few) >= FEWEST_WORDS else 0.0


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in content_words(_LINK.sub(" ", text))}
