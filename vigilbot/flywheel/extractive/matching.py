"""Training of "does this reference answer the question?", and the risk-coverage curve of answering by it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.evaluation.cases import read_rows
from vigilbot.flywheel.extractive.logistic import fit, folds_of, probabilities
from vigilbot.flywheel.extractive.own import own_documentation, own_questions
from vigilbot.flywheel.extractive.questions import read_qrels, stand_alone_questions
from vigilbot.models import Reference
from vigilbot.reasoning.extractive.quoting import Matching, candidates
from vigilbot.reasoning.extractive.reasoner import QUOTED_FROM, SENTENCES_READ

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vigilbot.flywheel.extractive.vectors import Vectors
    from vigilbot.reasoning.extractive.weights import Head

PENALTY = 1.0
FOUND = 5
"""How many references the answer step is given."""
DISTRACTORS = 2000
CORPORA = {"mtrag": "corpus.jsonl.gz", "ubuntu_factoids": "corpus.jsonl", "aws_pages": "corpus.jsonl.gz"}
OWN = "own"
CURVE = (0.25, 0.5, 0.75, 1.0)
NOISY = {"ubuntu_factoids": 0.3}
"""How much a row counts where the label is what a helper happened to post, so that many right answers are unmarked."""


@dataclass(frozen=True, slots=True)
class Trained:
    head: Head
    report: dict[str, float]
    """By collection, held out: the operating point, and the risk-coverage curve as precision at four coverages."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question against one collection: features and truth of each reference read."""

    id: str
    collection: str
    features: NDArray[np.float32]
    right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Collection:
    name: str
    texts: list[str]
    titles: list[str]
    keys: list[str]
    vectors: NDArray[np.float32]
    questions: dict[str, str]
    answers: dict[str, set[str]]
    """The keys that answer each question."""


async def train(data: Path, vectors: Vectors, seed: int, answer_from: float) -> Trained:
    """Fit on all; judge every question by a head that saw no question of its fold.

    Each collection's questions are also asked of the others, where nothing answers them.
    """
    collections = [await _collection(data / "retrieve" / name, vectors, seed) for name in CORPORA]
    collections.append(await _own_collection(vectors))
    asked: list[_Asked] = []
    for home in collections:
        for collection in collections:
            for number, (id_, question) in enumerate(home.questions.items()):
                if collection is home or number % 2:
                    right = home.answers.get(id_, set()) if collection is home else set()
                    asked.append(await _ask(f"{home.name}/{id_}", question, collection, right, vectors))
    fold = folds_of([one.id.split("<")[0] for one in asked])
    certainty, rightness = np.zeros(len(asked)), np.zeros(len(asked), dtype=np.bool_)
    for number in range(int(fold.max()) + 1):
        head = _fit([one for one, row in zip(asked, fold, strict=True) if row != number])
        for row in np.flatnonzero(fold == number):
            chances = probabilities(head, asked[row].features)
            certainty[row], rightness[row] = chances.max(), asked[row].right[int(chances.argmax())]
    return Trained(_fit(asked), _judged(asked, certainty, rightness, answer_from))


def _judged(
    asked: list[_Asked], certainty: NDArray[np.float64], rightness: NDArray[np.bool_], answer_from: float
) -> dict[str, float]:
    report = {}
    for name in (*CORPORA, OWN):
        own = np.array([one.collection == name and one.id.startswith(name) for one in asked])
        order = np.argsort(-certainty[own], kind="stable")
        hits = np.cumsum(rightness[own][order])
        for share in CURVE:
            count = max(1, round(share * len(order)))
            report[f"answer {name} precision at coverage {share}"] = float(hits[count - 1]) / count
        answered = certainty[own] >= answer_from
        report[f"answer {name} coverage"] = float(answered.mean())
        report[f"answer {name} precision"] = float(rightness[own][answered].mean()) if answered.any() else 0.0
    foreign = np.array([not one.id.startswith(one.collection) for one in asked])
    report["answer elsewhere wrongly answered"] = float((certainty[foreign] >= answer_from).mean())
    return report


def _fit(asked: list[_Asked]) -> Head:
    features = np.vstack([one.features for one in asked])
    right = np.concatenate([one.right for one in asked])
    weight = np.concatenate([np.full(len(one.right), NOISY.get(one.collection, 1.0)) for one in asked])
    return fit(features, right, weight, PENALTY)


async def _ask(id_: str, question: str, collection: _Collection, right: set[str], vectors: Vectors) -> _Asked:
    [vector] = await vectors.of([question])
    cosines = collection.vectors @ vector
    found = np.argsort(-cosines)[:FOUND]
    nearest = [float(cosine) for cosine in cosines[found]]
    references = [Reference("", 1, "document", collection.titles[i], collection.texts[i], "", 0.0) for i in found]
    rows, truths = [], []
    for index, reference in enumerate(references[:QUOTED_FROM]):
        likely = candidates(question, reference, SENTENCES_READ)
        nearness = (await vectors.of([one.text for one in likely])) @ vector if likely else np.zeros(1)
        rows.append(Matching(question, index, references, nearest).features(float(nearness.max())))
        truths.append(collection.keys[found[index]] in right)
    return _Asked(id_, collection.name, np.stack(rows), np.array(truths))


async def _collection(folder: Path, vectors: Vectors, seed: int) -> _Collection:
    rows = [row for row in read_rows(folder / CORPORA[folder.name]) if row["text"]]
    answers = read_qrels(folder)
    gold = set().union(*answers.values())
    chance = random.Random(seed)  # noqa: S311 - sampling, not secrecy
    needed = [row for row in rows if row.get("page", row["id"]) in gold]
    rest = [row for row in rows if row.get("page", row["id"]) not in gold]
    kept = needed + chance.sample(rest, min(len(rest), DISTRACTORS))
    texts = [row["text"] for row in kept]
    titles = [row.get("title") or "" for row in kept]
    embedded = await vectors.of([f"{title}\n{text}".strip() for title, text in zip(titles, texts, strict=True)])
    keys = [row.get("page", row["id"]) for row in kept]
    return _Collection(folder.name, texts, titles, keys, embedded, stand_alone_questions(folder), answers)


async def _own_collection(vectors: Vectors) -> _Collection:
    sections = own_documentation()
    titles, texts = [heading for heading, _ in sections], [text for _, text in sections]
    embedded = await vectors.of([f"{heading}\n{text}" for heading, text in sections])
    asked = [question for question in own_questions() if question.answered_by]
    answers = {
        question.text: {title for title in titles if any(part in title for part in question.answered_by)}
        for question in asked
    }
    return _Collection(OWN, texts, titles, titles, embedded, {one.text: one.text for one in asked}, answers)
