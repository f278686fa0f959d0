"""How much a word tells, and what makes the scores of two questions compare.

A BM25 score grows with the number and rarity of a question's words. Divided by the length of the question, seen as a
vector with each word's rarity as its coordinate (Salton, Wong and Yang, "A Vector Space Model for Automatic Indexing",
1975), it says how much of what was asked for is there. Words that no entry holds count in that length: of a question
mostly in such words, the others tell little.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.storage.entries import Ref


def rarity(holders: int, entries: int) -> float:
    """Of a word that `holders` of so many entries hold; never negative."""
    return math.log1p((entries - holders + 0.5) / (holders + 0.5))


def comparable(
    hits: Sequence[tuple[int, Ref, float]], holders: Sequence[int], asked: int, entries: int
) -> list[tuple[int, Ref, float]]:
    """The hits, their scores divided by the question's length; `holders` of each of its `asked` words that has any."""
    counts = [*holders, *[0] * (asked - len(holders))]
    length = math.hypot(*(rarity(count, entries) for count in counts))
    return [(seq, ref, score / length) for seq, ref, score in hits]
