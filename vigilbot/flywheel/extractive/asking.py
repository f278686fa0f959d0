"""Training of "does this turn ask for help?": cues and the turn's vector, cross-validated by chat log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.evaluation.metrics import classification
from vigilbot.flywheel.extractive import turns
from vigilbot.flywheel.extractive.logistic import fit, folds_of, probabilities
from vigilbot.reasoning.extractive.asking import features
from vigilbot.reasoning.extractive.cues import plain

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vigilbot.flywheel.extractive.turns import LabelledTurn
    from vigilbot.flywheel.extractive.vectors import Vectors
    from vigilbot.reasoning.extractive.weights import Head

PENALTY = 10.0
SILVER, READ, MID_DIALOGUE, EVERYDAY = 1.0, 3.0, 0.6, 6.0
"""How much one row of each origin counts: read rows and our own are sure, weak labels are not."""


@dataclass(frozen=True, slots=True)
class Trained:
    head: Head
    report: dict[str, float]
    """Weighted F1 by origin, each row judged by a model that saw nothing of its chat log."""


async def train(data: Path, vectors: Vectors, seed: int) -> Trained:
    """Fit on everything; report on held-out folds."""
    own = turns.judged(data / "identify" / "read.dev.jsonl", "read", READ)
    silver = turns.judged(data / "identify" / "irc_silver.dev.jsonl.gz", "silver", SILVER)
    weak = turns.mid_dialogue(data / "extract" / "irc.dev.jsonl.gz", MID_DIALOGUE, seed)
    shown = [*own, *silver, *weak, *turns.everyday(EVERYDAY)]
    mixed = [*own, *turns.with_borrowed_context(silver, seed), *shown[len(own) + len(silver) :]]
    vector = await vectors.of([plain(turn.text) or turn.text for turn in shown])
    as_shown, as_mixed = _rows(shown, vector), _rows(mixed, vector)
    labels = np.array([turn.asks for turn in shown])
    weight = np.array([turn.weight for turn in shown])
    fold = folds_of([turn.group for turn in shown])
    held_out = np.zeros(len(shown))
    for number in range(int(fold.max()) + 1):
        kept = fold != number
        head = fit(as_mixed[kept], labels[kept], weight[kept], PENALTY)
        held_out[~kept] = probabilities(head, as_shown[~kept])
    return Trained(fit(as_mixed, labels, weight, PENALTY), _report(shown, labels, held_out >= 0.5))


def _rows(found: list[LabelledTurn], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([features(turn.text, turn.history, row) for turn, row in zip(found, vector, strict=True)])


def _report(shown: list[LabelledTurn], labels: NDArray[np.bool_], judged: NDArray[np.bool_]) -> dict[str, float]:
    report = {}
    for origin in ("read", "silver", "everyday"):
        rows = [index for index, turn in enumerate(shown) if turn.origin == origin]
        measured = classification([str(labels[row]) for row in rows], [str(judged[row]) for row in rows])
        report[f"asking {origin} f1_weighted"] = measured.f1_weighted
    return report
