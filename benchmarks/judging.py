"""How far `eval answer`'s judge without a model agrees with people, on pairs and on quotations that people judged.

`pairs`: two canned answers of Ubuntu's helpers, the same one over the years or a look-alike (data/dedup).
`quotations`: what the extractive reasoner quotes from each of the passages found for a question, beside a passage that
people judged right; the quotation agrees when its own passage was judged right as well (data/retrieve).
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.loading import load_embedder
from vigilbot.evaluation.cases import read_rows
from vigilbot.evaluation.judging import AGREES, SimilarityJudge
from vigilbot.evaluation.metrics import classification
from vigilbot.flywheel.extractive.questions import read_qrels, stand_alone_questions
from vigilbot.models import Reference
from vigilbot.reasoning.extractive.quoting import candidates, quote
from vigilbot.reasoning.extractive.reasoner import SENTENCES_READ

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vigilbot.embedding.base import Embedder

DATA = Path(__file__).parents[2] / "shared" / "data"
CORPORA = {"mtrag": "corpus.jsonl.gz", "ubuntu_factoids": "corpus.jsonl"}
FOUND = 3

Pair = tuple[str, str, bool]
"""Two texts, and whether people take them for one answer."""


def measure() -> Iterator[dict[str, object]]:
    """A row a set: agreement, how often each side is right, and the threshold that would fit this set best."""
    yield from asyncio.run(_measured())


async def _measured() -> list[dict[str, object]]:
    embedder = await load_embedder("bundled")
    try:
        sets = {"pairs": _pairs()} | {
            f"quotations {name}": await _quotations(name, corpus, embedder) for name, corpus in CORPORA.items()
        }
        return [await _agreement(name, pairs, embedder) for name, pairs in sets.items()]
    finally:
        await embedder.close()


async def _agreement(name: str, pairs: list[Pair], embedder: Embedder) -> dict[str, object]:
    judge = SimilarityJudge(embedder)
    scores = np.array([(await judge.judge("", one, other)).score for one, other, _ in pairs])
    truth = np.array([same for *_, same in pairs])
    steps = np.round(np.arange(0.3, 1.0, 0.02), 2)
    balanced = [_figures(truth, scores >= step)[1] for step in steps]
    agreement, at_default = _figures(truth, scores >= AGREES)
    return {
        "set": name,
        "n": len(pairs),
        "same": int(truth.sum()),
        "agreement": round(agreement, 4),
        "balanced_accuracy": round(at_default, 4),
        "same_recognised": round(float((scores >= AGREES)[truth].mean()), 4),
        "different_recognised": round(float((scores < AGREES)[~truth].mean()), 4),
        "best_threshold": float(steps[int(np.argmax(balanced))]),
        "best_balanced_accuracy": round(max(balanced), 4),
    }


def _figures(truth: np.typing.NDArray[np.bool_], said: np.typing.NDArray[np.bool_]) -> tuple[float, float]:
    found = classification([str(one) for one in truth], [str(one) for one in said])
    return found.accuracy, found.balanced_accuracy


def _pairs() -> list[Pair]:
    found = []
    for row in read_rows(DATA / "dedup" / "factoids.dev.jsonl.gz"):
        one, other = row["answers"][:2]
        found.append((one["text"], other["text"], not other["should_send"]))
    return found


async def _quotations(name: str, corpus: str, embedder: Embedder) -> list[Pair]:
    folder = DATA / "retrieve" / name
    passages = {
        row["id"]: Reference("", 1, "document", row.get("title") or "", row["text"], "", 0.0)
        for row in read_rows(folder / corpus)
    }
    ids = list(passages)
    vectors = await embedder.embed([f"{one.title}\n{one.text}".strip() for one in passages.values()])
    right, found = read_qrels(folder), list[Pair]()
    for id_, question in stand_alone_questions(folder).items():
        judged = sorted(right.get(id_, set()) & passages.keys())
        [vector] = await embedder.embed([question])
        for row in np.argsort(-(vectors @ vector))[:FOUND] if judged else ():
            reference = passages[ids[row]]
            likely = candidates(question, reference, SENTENCES_READ)
            near = await embedder.embed([one.text for one in likely]) @ vector if likely else []
            quotation = quote(reference, likely, [float(cosine) for cosine in near])
            found.append((quotation, passages[judged[0]].text, ids[row] in judged))
    return found
