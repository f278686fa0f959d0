"""The two small models that annotations train, as a search uses them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

LEADERS = 5
"""Kinship is measured to so many of the candidates that stand first."""

TEMPERATURE = 0.05
"""How much less a leader counts whose score is lower by this."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """Moves the vector of a question: q → unit(q + (q·down)·up). Entries keep theirs, so nothing is embedded anew.

    A residual map of low rank, as LoRA (Hu et al., 2021) has it; with `up` all zero nothing moves.
    """

    version: int
    down: Floats
    """Shape (dimensions, rank)."""
    up: Floats
    """Shape (rank, dimensions)."""

    def moved(self, vectors: Floats) -> Floats:
        """Unit vectors of the same shape (texts, dimensions)."""
        moved = vectors + (vectors @ self.down) @ self.up
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a search has measured of the candidates it looks at again; arrays of shape (wordings, candidates)."""

    cosines: Floats
    words: Floats
    second: Floats
    """What the reranker said."""
    fused: Floats
    """The score that they come in with."""
    vectors: Floats
    """Of the candidates, shape (candidates, dimensions); a row of zeros where one is not known."""

    def measures(self) -> Floats:
        """Shape (wordings, candidates, 4): cosine, words, second look, kinship with the leaders."""
        return np.stack([self.cosines, self.words, self.second, self._kinship()], axis=2)

    def _kinship(self) -> Floats:
        """How near each candidate is to those that stand first, itself left out: what fits often comes in families."""
        count = self.fused.shape[1]
        first = np.argsort(-self.fused, axis=1, kind="stable")[:, :LEADERS]
        scores = np.take_along_axis(self.fused, first, axis=1)
        weights = np.exp((scores - scores[:, :1]) / TEMPERATURE)[:, None, :]
        weights = np.where(first[:, None, :] == np.arange(count)[None, :, None], 0.0, weights)
        cosines = (self.vectors @ self.vectors.T)[:, first].transpose(1, 0, 2)
        kinship = (cosines * weights).sum(axis=2) / np.maximum(weights.sum(axis=2), 1e-6)
        return np.asarray(kinship, np.float32)


@dataclass(frozen=True, slots=True)
class Head:
    """Weighs what was measured of each candidate; trained to put first what analysts found relevant."""

    version: int
    weights: Floats
    """Shape (4,), sum 1: cosine, words, second look, kinship."""

    def judged(self, seen: Seen) -> Floats:
        """A score for each wording and candidate, about 0 to 1."""
        return np.asarray(seen.measures() @ self.weights, np.float32)


def untuned_weights(share: float) -> Floats:
    """The weights that change nothing: those of `fusion.py` and of a reranker with this share."""
    return np.array([(1 - share) / 2, (1 - share) / 2, share, 0.0], np.float32)


class Tuning(NamedTuple):
    """What is in use."""

    adapter: Adapter | None = None
    head: Head | None = None


UNTUNED = Tuning()
