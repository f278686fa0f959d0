"""`python -m vigilbot.flywheel.severity`: train the head that tells a grave sentence, and write its weights.

Labels belong to dialogues, and the head judges sentences: which sentence made a dialogue what it is, it finds itself,
by taking the likeliest one, fitting, and taking again (multiple-instance learning; Andrews, Tsochantaridis and Hofmann,
2002). Held-out figures are cross-validated by product: the ids' first part, `product/number`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.loading import load_embedder
from vigilbot.evaluation.triage import figures, read_triage_cases
from vigilbot.flywheel.extractive.logistic import fit, probabilities
from vigilbot.flywheel.extractive.vectors import Vectors
from vigilbot.reasoning.extractive.severity import Menu, Spoken, features, texts_of
from vigilbot.reasoning.extractive.triage import judged
from vigilbot.reasoning.extractive.weights import SEVERITY_FILE
from vigilbot.tickets import categories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.models import Category
    from vigilbot.reasoning.extractive.weights import Head

LABELS = Path("benchmarks/labels/triage.develop.jsonl")
PENALTY = 3.0
GRAVE_WEIGHT = 1.5
"""What a sentence of the right category counts: there are four times as many of the wrong ones."""
ROUNDS = 6
CARD = (
    "Logistic model over cosines of all-MiniLM-L6-v2 and word cues: does a sentence state what a category describes? "
    "Trained by `python -m vigilbot.flywheel.severity` on dialogues of our own writing. Held-out figures: {report}"
)


@dataclass(frozen=True, slots=True)
class _Bench:
    """One dialogue as numbers: for each grave category its sentences."""

    product: str
    label: str
    rows: dict[str, NDArray[np.float32]]
    """What is learnt from: also what was only supposed."""
    stated: Spoken
    judged: dict[str, NDArray[np.float32]]
    """What counts: `stated` alone."""


async def train(labels: Path, out: Path) -> dict[str, float]:
    """Fit on everything and write to `out`; returns figures of dialogues whose product was left out."""
    embedder = await load_embedder("bundled")
    vectors = Vectors(embedder, None)
    try:
        benches = await _benches(labels, categories.shipped().menu, vectors)
    finally:
        await embedder.close()
    held_out = figures([bench.label for bench in benches], _cross_validated(benches))
    report = {name: round(value, 3) for name, value in held_out.grave.items()}
    report |= {"accuracy": round(held_out.classes.accuracy, 3), "dialogues": len(benches)}
    head = _fitted(benches)
    arrays: dict[str, NDArray[np.generic]] = {
        "severity.coefficients": head.coefficients,
        "severity.intercept": np.array(head.intercept, dtype=np.float32),
        "encoder": np.array(vectors.encoder),
        "card": np.array(CARD.format(report=json.dumps(report))),
    }
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its own options
    return report


async def _benches(labels: Path, menu: Sequence[Category], vectors: Vectors) -> list[_Bench]:
    cases = read_triage_cases(labels)
    spoken = [Spoken.of(case.dialogue, supposed=True) for case in cases]
    stated = [Spoken.of(case.dialogue) for case in cases]
    texts = list(dict.fromkeys([*texts_of(menu), *(text for one in (*spoken, *stated) for text in one.texts)]))
    known = dict(zip(texts, await vectors.of(texts), strict=True))
    of_menu = Menu.of(menu, known)
    return [
        _Bench(
            product=case.dialogue.session_id.partition("/")[0],
            label=case.label,
            rows=features(said, of_menu, known),
            stated=counting,
            judged=features(counting, of_menu, known),
        )
        for case, said, counting in zip(cases, spoken, stated, strict=True)
    ]


def _fitted(benches: Sequence[_Bench]) -> Head:
    rows = [(bench.rows[name], bench.label == name) for bench in benches for name in bench.rows]
    truth = np.array([right for _, right in rows])
    weights = np.where(truth, GRAVE_WEIGHT, 1.0)
    chosen = [int(found[:, 0].argmax()) for found, _ in rows]  # at first the nearest to an example
    for _ in range(ROUNDS):
        head = fit(np.array([found[at] for (found, _), at in zip(rows, chosen, strict=True)]), truth, weights, PENALTY)
        likeliest = [int(probabilities(head, found).argmax()) for found, _ in rows]
        if likeliest == chosen:
            break
        chosen = likeliest
    return head


def _cross_validated(benches: Sequence[_Bench]) -> list[str]:
    heads = {
        product: _fitted([bench for bench in benches if bench.product != product])
        for product in sorted({bench.product for bench in benches})
    }
    return [judged(bench.stated, bench.judged, heads[bench.product]).category or "undecided" for bench in benches]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vigilbot.flywheel.severity", description=__doc__)
    parser.add_argument("--labels", type=Path, default=LABELS, help="JSONL of {id, dialogue, label}")
    parser.add_argument("--out", type=Path, default=SEVERITY_FILE, help="where the weights go (default: the package)")
    chosen = parser.parse_args()
    print(json.dumps(asyncio.run(train(chosen.labels, chosen.out)), indent=1))  # noqa: T201 - this is a command


if __name__ == "__main__":
    main()
