"""Training of "does this learnt pair answer the question?": each Ubuntu user's question against others' answers.

The same canned answer was given to many askers, so that the pair learnt from one can be held against the questions of
all others. Questions about other products are asked of the same pairs, where nothing answers them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.evaluation.cases import read_rows
from vigilbot.flywheel.extractive.logistic import fit, folds_of, probabilities
from vigilbot.flywheel.extractive.questions import read_qrels, stand_alone_questions
from vigilbot.models import Reference
from vigilbot.reasoning.extractive.quoting import Matching, candidates
from vigilbot.reasoning.extractive.reasoner import QUOTED_FROM, SENTENCES_READ

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vigilbot.flywheel.extractive.vectors import Vectors
    from vigilbot.reasoning.extractive.weights import Head

HOME, ELSEWHERE = "ubuntu_factoids", ("mtrag", "aws_pages")
FOREIGN = 150
"""So many questions of each other product."""
PENALTY = 1.0
FOUND = 5
FOLDS = 10


@dataclass(frozen=True, slots=True)
class Trained:
    head: Head
    report: dict[str, float]
    """Held out, by asker: how many questions are answered, how many rightly, and how many of other products."""


@dataclass(frozen=True, slots=True)
class _Pair:
    asker: str
    question: str
    answer: str
    factoid: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question against the pairs of everybody else: features and truth of each pair read."""

    asker: str
    features: NDArray[np.float32]
    right: NDArray[np.bool_]


async def train(data: Path, vectors: Vectors, answer_from: float) -> Trained:
    """Fit on all; judge every question by a head that saw nothing of its asker."""
    folder = data / "retrieve" / HOME
    questions, factoids = stand_alone_questions(folder), read_qrels(folder)
    texts = {str(row["id"]): str(row["text"]) for row in read_rows(folder / "corpus.jsonl")}
    pairs = [
        _Pair(_asker(id_), question, texts[factoid], factoid)
        for id_, question in sorted(questions.items())
        for factoid in sorted(factoids[id_])[-1:]
    ]
    known = await vectors.of([pair.question for pair in pairs])
    asked = [
        await _ask(_asker(id_), question, factoids[id_], pairs, known, vectors)
        for id_, question in sorted(questions.items())
    ]
    for name in ELSEWHERE:
        foreign = list(stand_alone_questions(data / "retrieve" / name).items())[:FOREIGN]
        asked += [await _ask(f"{name}/{id_}", question, set(), pairs, known, vectors) for id_, question in foreign]
    return Trained(_fit(asked), _held_out(asked, answer_from))


def _asker(query: str) -> str:
    """A message that set off two factoids is two queries."""
    return query.split(">", maxsplit=1)[0]


async def _ask(
    asker: str,
    question: str,
    right: set[str],
    pairs: list[_Pair],
    known: NDArray[np.float32],
    vectors: Vectors,
) -> _Asked:
    [vector] = await vectors.of([question])
    others = [row for row, pair in enumerate(pairs) if pair.asker != asker and pair.question != question]
    cosines = known[others] @ vector
    found = np.argsort(-cosines)[:FOUND]
    nearest = [float(cosine) for cosine in cosines[found]]
    near = [pairs[others[row]] for row in found]
    references = [Reference("", 1, "qa", "", pair.answer, "", 0.0, question=pair.question) for pair in near]
    rows = []
    for index, reference in enumerate(references[:QUOTED_FROM]):
        likely = candidates(question, reference, SENTENCES_READ)
        nearness = (await vectors.of([one.text for one in likely])) @ vector if likely else np.zeros(1)
        rows.append(Matching(question, index, references, nearest).features(float(nearness.max())))
    return _Asked(asker, np.stack(rows), np.array([pair.factoid in right for pair in near[:QUOTED_FROM]]))


def _fit(asked: list[_Asked]) -> Head:
    right = np.concatenate([one.right for one in asked])
    return fit(np.vstack([one.features for one in asked]), right, np.ones(len(right)), PENALTY)


def _held_out(asked: list[_Asked], answer_from: float) -> dict[str, float]:
    fold = folds_of([one.asker for one in asked], FOLDS)
    certainty, rightness = np.zeros(len(asked)), np.zeros(len(asked), dtype=np.bool_)
    for number in range(FOLDS):
        head = _fit([one for one, row in zip(asked, fold, strict=True) if row != number])
        for row in np.flatnonzero(fold == number):
            chances = probabilities(head, asked[row].features)
            certainty[row], rightness[row] = chances.max(), asked[row].right[int(chances.argmax())]
    own = np.array([not one.asker.startswith(ELSEWHERE) for one in asked])
    answered = certainty >= answer_from
    return {
        "recall coverage": float(answered[own].mean()),
        "recall precision": float(rightness[own & answered].mean()) if (own & answered).any() else 0.0,
        "recall elsewhere wrongly answered": float(answered[~own].mean()),
    }
