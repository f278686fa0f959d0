"""Two paths become one ranking: by what they measured, not by places alone.

Both measures mean the same for every question: a cosine, and BM25 by the question's length, which is low where the
knowledge base lacks the question's words. So words decide where they can be relied on and meaning where not, and one
weight serves all: chosen on two sets, it holds on the third (`python -m vigilbot.flywheel.ranking` shows it).
Reciprocal ranks throw away how sure each path is.
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

DEPTH = 40
"""What each path is asked for, for each wording, at least; of the words' path no more counts, so that whoever asks for
a longer list gets the same beginning."""

LEXICAL_SHARE = 1 / 2
"""Of the fused score; the cosine has the rest."""


@dataclass(frozen=True, slots=True)
class Found:
    """Every candidate that a path found for any wording. Arrays are of shape (wordings, candidates)."""

    refs: list[Ref]
    cosines: NDArray[np.float32]
    words: NDArray[np.float32]
    """BM25 by the question's length; 0 where the lexical path did not find it."""
    dense: frozenset[Ref]
    """What the dense path found."""

    def fused(self) -> NDArray[np.float32]:
        """How well each candidate fits each wording: about 0 to 1, more where many words meet."""
        return np.asarray((1 - LEXICAL_SHARE) * self.cosines + LEXICAL_SHARE * self.counted(), np.float32)

    def counted(self) -> NDArray[np.float32]:
        """The words' measure where it counts: of the first DEPTH for each wording."""
        least = np.sort(self.words, axis=1)[:, -DEPTH:][:, :1]
        return np.asarray(np.where(self.words >= least, self.words, 0), np.float32)

    def paths(self) -> list[dict[str, float]]:
        """What a person is told of each candidate: measures and places, by path, for the wording that suits it best."""
        told = [{"dense": round(float(cosine), 4)} for cosine in self.cosines.max(axis=0, initial=-1)]
        near = self.cosines.max(axis=0, initial=-1)
        for place, at in enumerate((at for at in np.argsort(-near, kind="stable") if self.refs[at] in self.dense), 1):
            told[at]["dense_rank"] = place
        words = self.words.max(axis=0, initial=0)
        for place, at in enumerate((at for at in np.argsort(-words, kind="stable") if words[at] > 0), 1):
            told[at] |= {"lexical": round(float(words[at]), 4), "lexical_rank": place}
        return told


def in_turn(scores: NDArray[np.float32], groups: Sequence[Sequence[int]]) -> list[int]:
    """Columns of `scores` (wordings, candidates), best first for each group of wordings in turn.

    So a sub-question is never crowded out by one whose passages happen to score higher.
    """
    rankings = [np.argsort(-scores[list(group)].max(axis=0), kind="stable").tolist() for group in groups]
    return list(dict.fromkeys(at for at in chain.from_iterable(zip_longest(*rankings)) if at is not None))
