"""The second look of a search: the reranker's judgement of the best candidates, and how much it counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import structlog

from vigilbot.errors import VigilError
from vigilbot.knowledge.tuned.tuning import Seen
from vigilbot.storage import tokens as stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder
    from vigilbot.knowledge.ranking.fusion import Found
    from vigilbot.knowledge.rerank.base import Reranker
    from vigilbot.knowledge.tuned.tuning import Head
    from vigilbot.models import Entry
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SecondLook:
    """`columns` are places of candidates in `found` and in the columns of `fused` (wordings, candidates)."""

    db: Database
    embedder: Embedder
    reranker: Reranker
    head: Head | None
    """Trained weights; without them the reranker's judgement counts by its own share."""

    async def judged(self, wordings: Sequence[str], candidates: Sequence[Entry]) -> NDArray[np.float32] | None:
        """What the reranker says, shape (wordings, candidates); None when it cannot judge them, or fails."""
        if not candidates:
            return None
        try:
            async with asyncio.timeout(self.reranker.seconds):
                return await self.reranker.judge(wordings, candidates)
        except TimeoutError:
            log.warning("rerank_failed", reason=f"no answer within {self.reranker.seconds:.0f} s")
        except VigilError as error:
            log.warning("rerank_failed", reason=str(error))
        return None

    async def scores(
        self, found: Found, fused: NDArray[np.float32], columns: Sequence[int], judged: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The scores of those columns, the reranker's judgement of them included."""
        if self.head is None:
            return np.asarray(fused[:, columns] + self.reranker.share * (judged - fused[:, columns]), np.float32)
        return self.head.judged(await self.seen(found, fused, columns, judged))

    async def seen(
        self, found: Found, fused: NDArray[np.float32], columns: Sequence[int], judged: NDArray[np.float32]
    ) -> Seen:
        """Everything measured of those columns: what trained weights weigh."""
        refs = [found.refs[at] for at in columns]
        known = await stored.vectors_of(self.db, refs, self.embedder.name)
        unknown = np.zeros(self.embedder.dimensions, np.float32)
        vectors = np.stack([known.get(ref, unknown) for ref in refs])
        return Seen(found.cosines[:, columns], found.counted()[:, columns], judged, fused[:, columns], vectors)
