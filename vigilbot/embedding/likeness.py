"""Are two answers the same answer? Nearness of their vectors, unless they name different versions or settings.

An encoder hardly tells "10.04 was released in April" from "12.04 was released in April": whoever asks about the other
version must still get the answer, so names and numbers have a veto.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

SAME_ANSWER = 0.68
"""θ for the bundled encoder, calibrated with `vigilbot eval dedup` on 1,231 pairs of answers (weighted F1 .93)."""

SAME_QUESTION = 0.85
"""From here on two questions are one, whatever is answered: of 8,694 pairs of different questions of Ubuntu users none
reaches .65, and what lies between is often the same symptom under other conditions."""
RELATED_QUESTION = 0.4
"""From here on they are one if their answers are: it joins 27 of 78 equal pairs, and 3 of the 8,694 different ones."""

_LINK = re.compile(r"https?://\S+|www\.\S+")
_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+)(?![\w.]*\w)", re.IGNORECASE)
_SETTING = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|`([^`\n]{2,40})`")


def likeness(text: str, vector: NDArray[np.float32], other_text: str, other_vector: NDArray[np.float32]) -> float:
    """Cosine of two answers' unit vectors, not below 0; 0 when they speak of different versions or settings."""
    if differ_in_names(text, other_text):
        return 0.0
    return max(0.0, float(vector @ other_vector))


def greatest_likeness(
    text: str, vector: NDArray[np.float32], others: Sequence[str], vectors: NDArray[np.float32]
) -> float:
    """The largest likeness with any of several answers, vectors of shape (others, dimensions); 0 without others."""
    return max((likeness(text, vector, *other) for other in zip(others, vectors, strict=True)), default=0.0)


def same_pair(questions: float, answers: float) -> bool:
    """Whether two pairs are one, by the `likeness` of their questions and that of their answers."""
    return questions >= SAME_QUESTION or (answers >= SAME_ANSWER and questions >= RELATED_QUESTION)


def differ_in_names(text: str, other: str) -> bool:
    """Whether both name versions, or both name settings, and not one of them in common."""
    bare, other_bare = _LINK.sub(" ", text), _LINK.sub(" ", other)
    return any(_apart(named(bare), named(other_bare)) for named in (_versions, _settings))


def _versions(text: str) -> set[str]:
    return set(_VERSION.findall(text))


def _settings(text: str) -> set[str]:
    return {match.group(1) or match.group() for match in _SETTING.finditer(text)}


def _apart(one: set[str], other: set[str]) -> bool:
    return bool(one) and bool(other) and one.isdisjoint(other)
