"""The seam between a search and what looks at its candidates once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.models import Entry


class Reranker(Protocol):
    """Reads question and candidate together, which is slower and surer than comparing their vectors."""

    @property
    def name(self) -> str:
        """What VIGIL_RERANK_MODEL calls it; trained weights hold for one reranker only."""

    @property
    def share(self) -> float:
        """How much its judgement counts beside the fused score, 0 to 1."""

    @property
    def seconds(self) -> float:
        """How long a search waits for it; after that the fused order stands."""

    async def judge(self, wordings: Sequence[str], candidates: Sequence[Entry]) -> NDArray[np.float32] | None:
        """How well each candidate answers each wording, about 0 to 1: shape (wordings, candidates).

        None when it cannot judge these. Raises VigilError when it fails.
        """

    async def close(self) -> None:
        """Release the model."""


def passage_of(entry: Entry) -> str:
    """What a reranker reads of an entry: heading and text, or a pair's question and answer."""
    return "\n".join(part for part in (entry.question or entry.title, entry.text) if part)
