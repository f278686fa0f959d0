"""Rows that say nearly the same teach nothing twice: shared runs of words tell (Lee and others, arXiv 2107.06499)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

RUN = 3
"""Words in a row."""
NEAR = 0.7
"""Share of common runs from which two texts are near-duplicates: one word of twenty differs."""

_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Distinct:
    """What has been kept so far, with the verdict each text was given."""

    _kept: list[tuple[frozenset[tuple[str, ...]], str]] = field(default_factory=list)

    def keeps(self, texts: Iterable[str], verdict: str) -> bool:
        """Whether it says something new. The same words under another verdict would contradict, so they do not."""
        runs = _runs(" ".join(texts))
        if any(
            runs == known or (verdict == given and len(runs & known) >= NEAR * len(runs | known))
            for known, given in self._kept
        ):
            return False
        self._kept.append((runs, verdict))
        return True


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return frozenset(tuple(words[at : at + RUN]) for at in range(max(1, len(words) - RUN + 1)))
