"""Are two answers the same answer? Nearness of their vectors, unless they name different versions or settings.

An encoder hardly tells "10.04 was released in April" from "12.04 was released in April": whoever asks about the other
version must still get the answer, so names and numbers have a veto.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
_VALUE = re.compile(r"\s*[:=]\s*")
_CODE = re.compile(r"\b([A-Z]{2,6}[-_]\d{2,6})\b|\b(?i:code|exit|error|errno|status|http)s?[:# ]{1,2}(\d{1,5})\b")


def likeness(text: str, vector: NDArray[np.float32], other_text: str, other_vector: NDArray[np.float32]) -> float:
    """Cosine of two answers' unit vectors, not below 0; 0 when they speak of different versions or settings."""
    if differ_in_names(text, other_text):
        return 0.0
    return max(0.0, float(vector @ other_vector))


def same_pair(questions: float, answers: float) -> bool:
    """Whether two pairs are one, by the `likeness` of their questions and that of their answers."""
    return questions >= SAME_QUESTION or (answers >= SAME_ANSWER and questions >= RELATED_QUESTION)


def differ_in_names(text: str, other: str) -> bool:
    """Whether both name versions, or settings, or error codes, and not one in common; or one setting's other values."""
    bare, other_bare = _LINK.sub(" ", text), _LINK.sub(" ", other)
    if any(_apart(named(bare), named(other_bare)) for named in (_versions, _settings, _codes)):
        return True
    given, other_given = _assigned(bare), _assigned(other_bare)
    return any(given[name].isdisjoint(other_given[name]) for name in given.keys() & other_given.keys())


def _codes(text: str) -> set[str]:
    """Error codes, exit codes and the like: `BR-207`, "exit code 14"."""
    return {found[1] or found[2] for found in _CODE.finditer(text)}


def _versions(text: str) -> set[str]:
    return set(_VERSION.findall(text))


def _settings(text: str) -> set[str]:
    """Their names: `retain_days: 0` and `retain_days` are one setting."""
    return {_VALUE.split(match.group(1) or match.group())[0] for match in _SETTING.finditer(text)} - {""}


def _assigned(text: str) -> dict[str, set[str]]:
    """The values that settings are given, by name."""
    values: dict[str, set[str]] = {}
    for match in _SETTING.finditer(text):
        name, *value = _VALUE.split(match.group(1) or match.group(), maxsplit=1)
        if name and value and value[0]:
            values.setdefault(name, set()).add(value[0])
    return values


def _apart(one: set[str], other: set[str]) -> bool:
    return bool(one) and bool(other) and one.isdisjoint(other)
