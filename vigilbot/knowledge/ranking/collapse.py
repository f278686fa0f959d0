"""The same passage twice helps nobody: of near-duplicates only the best goes to the answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.embedding.likeness import differ_in_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.models import Reference

SAME_PASSAGE = 0.97
"""Cosine from which two passages say the same, unless they name different versions, settings or numbers."""

_NUMBER = re.compile(r"\d+")


def collapsed(
    references: Sequence[Reference], vectors: Mapping[str, NDArray[np.float32]], limit: int
) -> list[Reference]:
    """The best `limit` references that differ from one another; `vectors` by entry id, where there are any."""
    kept: list[Reference] = []
    for reference in references:
        if len(kept) == limit:
            break
        if not any(_same(reference, other, vectors) for other in kept):
            kept.append(reference)
    return kept


def _same(one: Reference, other: Reference, vectors: Mapping[str, NDArray[np.float32]]) -> bool:
    if _said(one) == _said(other):
        return True
    if one.entry_id not in vectors or other.entry_id not in vectors or one.kind != other.kind:
        return False
    if float(vectors[one.entry_id] @ vectors[other.entry_id]) < SAME_PASSAGE:
        return False
    said, also = _said(one), _said(other)
    return set(_NUMBER.findall(said)) == set(_NUMBER.findall(also)) and not differ_in_names(said, also)


def _said(reference: Reference) -> str:
    return " ".join(f"{reference.question} {reference.text}".casefold().split())
