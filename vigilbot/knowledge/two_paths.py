"""The two paths of a search, asked side by side: vectors in the index, words in the lexical index."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import structlog

from vigilbot.errors import VigilError
from vigilbot.knowledge.ranking.fusion import Found
from vigilbot.knowledge.wordings import without_stop_words
from vigilbot.storage import lexical
from vigilbot.storage import tokens as stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.knowledge.index.base import Hits, VectorIndex
    from vigilbot.knowledge.index.exact import ExactIndex
    from vigilbot.storage.database import Database
    from vigilbot.storage.entries import Ref, Shelf
    from vigilbot.storage.lexical import Hit, LexicalReader

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TwoPaths:
    """Dense search by vectors and lexical search by words, over the same shelves."""

    db: Database
    index: VectorIndex | ExactIndex
    words: LexicalReader
    embedder_name: str
    """Whose vectors the index and the database hold."""

    async def found(
        self, texts: Sequence[str], vectors: NDArray[np.float32], shelves: Sequence[Shelf], depth: int
    ) -> Found:
        """Everything that either path finds: `depth` entries of these shelves for each text.

        `vectors` are the texts' own, shape (texts, dimensions). Raises KnowledgeError when both paths fail.
        """
        near, worded = await self._both(texts, vectors, shelves, depth)
        dense = [ref for hits in near for ref, _ in hits]
        refs = list(dict.fromkeys(dense + [ref for hits in worded for _, ref, _ in hits]))
        place = {ref: at for at, ref in enumerate(refs)}
        scores = np.zeros((len(worded), len(refs)), np.float32)
        for row, hits in enumerate(worded):
            for _, ref, score in hits:
                scores[row, place[ref]] = score
        return Found(refs, await self._cosines(refs, vectors, near), scores, frozenset(dense))

    async def _both(
        self, texts: Sequence[str], vectors: NDArray[np.float32], shelves: Sequence[Shelf], depth: int
    ) -> tuple[list[Hits], list[list[Hit]]]:
        """What each path finds for each text. One path is enough: when the other fails, that is logged."""
        near, worded = await asyncio.gather(
            self.index.nearest(shelves, vectors, depth),
            lexical.search(self.words, shelves, [without_stop_words(text) for text in texts], depth),
            return_exceptions=True,
        )
        for fault in (near, worded):
            if isinstance(fault, BaseException) and not isinstance(fault, VigilError):
                raise fault
        if isinstance(near, BaseException):
            if isinstance(worded, BaseException):
                raise near
            log.warning("dense_path_failed", reason=str(near))
            return [[] for _ in texts], worded
        if isinstance(worded, BaseException):
            log.warning("lexical_path_failed", reason=str(worded))
            return near, [[] for _ in texts]
        return near, worded

    async def _cosines(
        self, refs: Sequence[Ref], vectors: NDArray[np.float32], near: Sequence[Hits]
    ) -> NDArray[np.float32]:
        """Of every text with every candidate, shape (texts, refs); from the database where the index gave none."""
        cosines = np.full((len(vectors), len(refs)), np.nan, np.float32)
        place = {ref: at for at, ref in enumerate(refs)}
        for row, hits in enumerate(near):
            for ref, cosine in hits:
                cosines[row, place[ref]] = cosine
        missing = [refs[at] for at in np.flatnonzero(np.isnan(cosines).any(axis=0)).tolist()]
        if known := await stored.vectors_of(self.db, missing, self.embedder_name):
            cosines[:, [place[ref] for ref in known]] = vectors @ np.stack(list(known.values())).T
        return np.nan_to_num(cosines, nan=0.0)
