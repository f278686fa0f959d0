"""What misled a question once is not shown to questions like it again, though it stays for all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.embedding.likeness import differ_in_names
from vigilbot.storage import misleading

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder
    from vigilbot.models import Reference
    from vigilbot.storage.database import Database

LIKE_THE_MISLED = 0.7
"""Cosine from which a question counts as the misled one in other words."""


async def without_misleading(
    references: Sequence[Reference], question: str, vector: NDArray[np.float32], db: Database, embedder: Embedder
) -> list[Reference]:
    """The references, in order, without those marked for a question that this one resembles.

    It resembles a marked question when it is near to it, nearer than to what the entry itself is about, and names no
    other versions or settings: a general question still gets the general answer that misled a special case.
    """
    marks = await misleading.of_entries(db, [reference.entry_id for reference in references])
    if not marks:
        return list(references)
    cosines = (await embedder.embed([mark.question for mark in marks])) @ vector
    likeness: dict[str, float] = {}
    for mark, cosine in zip(marks, cosines.tolist(), strict=True):
        if cosine >= LIKE_THE_MISLED and not differ_in_names(question, mark.question):
            likeness[mark.entry_id] = max(cosine, likeness.get(mark.entry_id, 0.0))
    return [
        reference
        for reference in references
        if likeness.get(reference.entry_id, 0.0) <= reference.scores.get("dense", 0.0)
    ]
