"""How like two statements of problems are, by meaning and by words.

Cosines of meaning miss what decides here, error codes and names of components; words miss what two customers say
differently. Few tickets are open at once, so word counts start from an imagined collection in which only little words
are frequent: θ then means the same for ten known tickets and for two thousand.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from vigilbot.embedding.stopwords import STOP_WORDS
from vigilbot.storage.words import terms_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

SAME_PROBLEM = 0.54
"""θ for the bundled encoder, calibrated with `vigilbot eval duplicates`: pair F1 is .75 on Hadoop (its peak, .76, lies
at .56) and .82 on SeaMonkey (.83 at .52). Where the reports' first lines alone are compared, as short as a live
statement, F1 peaks lower, at about .46; a wrong link hides an incident, so θ stays. The sweep: `docs/deciding.md`."""
LONGEST = 900
"""Characters of a statement that count: what follows in a pasted report is logs."""

_WORDS_SCALE = 2.0
"""Of two tellings of one problem the cosine of words is about half that of meaning."""
_MEANING_ALONE = 0.16
"""What is missing to θ where not one word is shared: two short statements may say the same in other words."""
_IMAGINED = 100
"""Statements of the imagined collection …"""
_LITTLE = 0.5
"""… the share of them that hold a given little word …"""
_OTHER = 0.005
"""… or any other word."""


class Stated(NamedTuple):
    """A problem's statement with its unit vector."""

    text: str
    vector: NDArray[np.float32]


class Candidate(NamedTuple):
    """A known statement by its place in the list, and how like it is."""

    at: int
    """Its place among the known ones."""
    likeness: float
    """0 to 1, see `mixed`."""


def candidates(statement: Stated, known: Sequence[Stated]) -> list[Candidate]:
    """Every known statement with its likeness, most like first. Vectors must be of the same embedder."""
    words = Words([one.text for one in known])
    asked = words.weighed(statement.text)
    found = [
        Candidate(at, mixed(float(statement.vector @ one.vector), cosine(asked, words.weighed(one.text))))
        for at, one in enumerate(known)
    ]
    return sorted(found, key=lambda candidate: -candidate.likeness)


def mixed(meaning: float, words: float) -> float:
    """One likeness of two cosines: their mean on one scale, or meaning alone where it is strong."""
    return max(0.0, (meaning + min(1.0, _WORDS_SCALE * words)) / 2, meaning - _MEANING_ALONE)


class Words:
    """How much each word tells, by how few of some statements hold it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._held = Counter(term for text in texts for term in _terms(text))
        self._statements = len(texts) + _IMAGINED

    def weighed(self, text: str) -> dict[str, float]:
        """The text's terms as a unit vector."""
        weights = {term: (1 + math.log(count)) * self._rarity(term) for term, count in _terms(text).items()}
        length = math.hypot(*weights.values())
        return {term: weight / length for term, weight in weights.items()} if length else {}

    def _rarity(self, term: str) -> float:
        holders = self._held[term] + _IMAGINED * (_LITTLE if term in STOP_WORDS else _OTHER)
        return math.log1p((self._statements - holders + 0.5) / (holders + 0.5))


def cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Of two unit vectors of words."""
    small, large = sorted((one, other), key=len)
    return sum(weight * large.get(term, 0.0) for term, weight in small.items())


def _terms(text: str) -> Counter[str]:
    """The first line counts as the title."""
    counted = text[:LONGEST]
    return terms_of(counted.partition("\n")[0], counted)
