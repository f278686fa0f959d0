"""A reranker behind an endpoint: one request for each wording, all at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.relevance import relevance
from vigilbot.knowledge.rerank.base import passage_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.models import Entry


class EndpointReranker:
    """Implements Reranker with a model that litellm can ask, such as `cohere/rerank-v3.5`."""

    share = 1.0
    """It was trained for this: its judgement stands alone."""
    seconds = 5.0

    def __init__(self, model: str) -> None:
        self.name = model

    async def judge(self, wordings: Sequence[str], candidates: Sequence[Entry]) -> NDArray[np.float32] | None:
        """The provider's own scores. Raises EmbeddingError."""
        if not candidates:
            return None
        passages = [passage_of(entry) for entry in candidates]
        judged = await asyncio.gather(*(relevance(self.name, wording, passages) for wording in wordings))
        return np.array(judged, np.float32)

    async def close(self) -> None:
        """Nothing of its own to release."""
