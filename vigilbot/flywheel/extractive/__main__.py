"""`python -m vigilbot.flywheel.extractive --data ../shared/data`: train the small models and write the weights file.

Reproducible: same data, same encoder, same seed → same weights. About four minutes on two cores, most of it
embedding; `--cache` keeps the vectors for the next run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.loading import load_embedder
from vigilbot.flywheel.extractive import asking, matching, recalling, replying, scoping
from vigilbot.flywheel.extractive.products import anchors
from vigilbot.flywheel.extractive.vectors import Vectors
from vigilbot.reasoning.extractive.quoting import ANSWER_FROM
from vigilbot.reasoning.extractive.weights import FILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigilbot.reasoning.extractive.weights import Head

CARD = (
    "Small logistic models of vigilbot's extractive reasoner over all-MiniLM-L6-v2 vectors. Trained by "
    "`python -m vigilbot.flywheel.extractive` (seed {seed}) on Ubuntu, Stripe, Rust and MediaWiki IRC (CC-BY-4.0), "
    "LiveChat (MIT), AWS documentation (CC-BY-4.0), mt-rag-benchmark (Apache-2.0) and our own everyday lines; they "
    "hold no text of these. English first; other languages by their commonest words only. Held-out figures: {report}"
)


LABELS = [Path(f"benchmarks/labels/gitter_definitive.{part}.jsonl") for part in ("develop", "read_once")]


async def train(data: Path, labels: list[Path], out: Path, cache: Path | None, seed: int) -> dict[str, float]:
    """Train all models and write them to `out`; returns the held-out figures."""
    embedder = await load_embedder("bundled")
    vectors = Vectors(embedder, cache)
    try:
        asks = await asking.train(data, vectors, seed)
        scope = await scoping.train(data, vectors, seed)
        match = await matching.train(data, vectors, seed, ANSWER_FROM)
        recall = await recalling.train(data, vectors, ANSWER_FROM)
        lessons = await replying.train(data, labels, vectors, asks.head, seed)
    finally:
        vectors.save()
        await embedder.close()
    measured = {**asks.report, **scope.report, **match.report, **recall.report, **lessons.report}
    report = {name: round(value, 3) for name, value in measured.items()}
    arrays: dict[str, NDArray[np.generic]] = {
        "encoder": np.array(vectors.encoder),
        "card": np.array(CARD.format(seed=seed, report=json.dumps(report))),
        "anchors.texts": np.array(anchors()),
        "anchors": scope.anchors.astype(np.float16),
        "topics.names": np.array(scope.topics.names),
        "topics.coefficients": scope.topics.coefficients.astype(np.float16),
        "topics.intercepts": scope.topics.intercepts,
        "topics.descriptions": scope.topics.descriptions.astype(np.float16),
        "topics.owners": scope.topics.owners,
        **_head("asking", asks.head),
        **_head("match", match.head),
        **_head("recall", recall.head),
        **_head("reply", lessons.reply),
        **_head("definitive", lessons.definitive),
    }
    for name, head in scope.heads.items():
        arrays |= _head(f"scope.{name}", head)
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its own options
    return report


def _head(name: str, head: Head) -> dict[str, NDArray[np.generic]]:
    return {f"{name}.coefficients": head.coefficients, f"{name}.intercept": np.array(head.intercept, dtype=np.float32)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vigilbot.flywheel.extractive", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder with the labelled data")
    parser.add_argument(
        "--labels", type=Path, nargs="+", default=LABELS, help="dialogues read for their definitive answers"
    )
    parser.add_argument("--out", type=Path, default=FILE, help="where the weights go (default: into the package)")
    parser.add_argument("--cache", type=Path, help="an .npz file that keeps embeddings between runs")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    report = asyncio.run(train(chosen.data, chosen.labels, chosen.out, chosen.cache, chosen.seed))
    print(json.dumps(report, indent=1))  # noqa: T201 - this is a command


if __name__ == "__main__":
    main()
