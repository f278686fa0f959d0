"""Two paths become one ranking: by what they measured, not by places alone.

A cosine means the same for every question. BM25 does not, so it counts as a share of the question's best. Their
weighted mean keeps how sure each path is, which reciprocal ranks throw away. One weight serves all sets: of those
tried, it leaves none below its best single path (`vigilbot eval retrieve FOLDER --ablate` shows every path).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.storage.entries import Ref

LEXICAL_SHARE = 1 / 5
"""Of the fused score; the cosine has the rest."""


@dataclass(frozen=True, slots=True)
class Found:
    """Every candidate that a path found for any wording. Arrays are of shape (wordings, candidates)."""

    refs: list[Ref]
    cosines: NDArray[np.float32]
    bm25: NDArray[np.float32]
    """0 where the lexical path did not find it."""
    dense: frozenset[Ref]
    """What the dense path found."""

    def fused(self) -> NDArray[np.float32]:
        """How well each candidate fits each wording, at most 1."""
        best = self.bm25.max(axis=1, keepdims=True, initial=0)
        shares = self.bm25 / np.where(best > 0, best, 1)
        mixed = (1 - LEXICAL_SHARE) * self.cosines + LEXICAL_SHARE * shares
        return np.asarray(mixed, np.float32)

    def paths(self) -> list[dict[str, float]]:
        """What a person is told of each candidate: measures and places, by path, for the wording that suits it best."""
        told = [{"dense": round(float(cosine), 4)} for cosine in self.cosines.max(axis=0, initial=-1)]
        near = self.cosines.max(axis=0, initial=-1)
        for place, at in enumerate((at for at in np.argsort(-near, kind="stable") if self.refs[at] in self.dense), 1):
            told[at]["dense_rank"] = place
        words = self.bm25.max(axis=0, initial=0)
        for place, at in enumerate((at for at in np.argsort(-words, kind="stable") if words[at] > 0), 1):
            told[at] |= {"lexical": round(float(words[at]), 2), "lexical_rank": place}
        return told


def in_turn(scores: NDArray[np.float32], groups: Sequence[Sequence[int]]) -> list[int]:
    """Columns of `scores` (wordings, candidates), best first for each group of wordings in turn.

    So a sub-question is never crowded out by one whose passages happen to score higher.
    """
    rankings = [np.argsort(-scores[list(group)].max(axis=0), kind="stable").tolist() for group in groups]
    return list(dict.fromkeys(at for at in chain.from_iterable(zip_longest(*rankings)) if at is not None))
