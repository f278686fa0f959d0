"""The reranker's weights: what analysts marked relevant comes before what they marked not, question by question.

RankNet's loss (Burges et al., 2005) on four measures of each candidate, drawn to the weights in use untrained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from vigilbot.knowledge.tuned.tuning import Head, untuned_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

TEMPERATURE = 0.07
"""Scores are about 0 to 1: so much apart is a clear difference."""
HOLD = 100.0
"""Against straying, as if so many questions said that the weights are right as they are."""
STEPS = 100


class Weighed(NamedTuple):
    """One question's marked candidates: measures of shape (marks, 4), worths of shape (marks,)."""

    measures: Floats
    worths: Floats


def trained(questions: Sequence[Weighed], share: float, version: int) -> Head:
    """The weights, none below 0, sum 1; as they were when no question tells better from worse."""
    start = untuned_weights(share)
    pairs = [_differences(one) for one in questions]
    told = [(difference, weight) for difference, weight in pairs if len(difference)]
    if not told:
        return Head(version, start)
    differences = torch.from_numpy(np.concatenate([difference for difference, _ in told]))
    importance = torch.from_numpy(np.concatenate([weight / weight.sum() for _, weight in told])) / len(told)
    origin = torch.from_numpy(start)
    weights = origin.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([weights], max_iter=STEPS)

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        ranked = torch.nn.functional.softplus(-(differences @ weights) / TEMPERATURE)
        total = (importance * ranked).sum() + HOLD / len(told) * ((weights - origin) ** 2).sum()
        total.backward()  # type: ignore[no-untyped-call]  # torch ships it unannotated
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]  # the same
    found = np.maximum(weights.detach().numpy(), 0)
    return Head(version, np.asarray(found / found.sum(), np.float32))


def _differences(one: Weighed) -> tuple[Floats, Floats]:
    """Of every better candidate from every worse one, and how much better it is."""
    gaps = one.worths[:, None] - one.worths[None, :]
    better, worse = np.nonzero(gaps > 0)
    return one.measures[better] - one.measures[worse], gaps[better, worse]
