"""Late interaction over the tokens stored with every passage: no model runs, so it costs milliseconds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.base import embed_tokens
from vigilbot.embedding.tokenvectors import maxsim
from vigilbot.storage import tokens as stored
from vigilbot.storage.entries import Ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder, Tokens
    from vigilbot.models import Entry
    from vigilbot.storage.database import Database


class LateInteraction:
    """Implements Reranker. `embedder` is the one that questions are embedded with: its wordings are not read again."""

    name = "bundled"
    share = 1 / 5
    """Half as much as either path."""
    seconds = 2.0

    def __init__(self, db: Database, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    async def judge(self, wordings: Sequence[str], candidates: Sequence[Entry]) -> NDArray[np.float32] | None:
        """None without token vectors. Who lacks them gets the mean of the others. Raises EmbeddingError."""
        _, tokens = await embed_tokens(self._embedder, wordings)
        if tokens is None or not candidates:
            return None
        refs = [Ref(entry.id, entry.version) for entry in candidates]
        packed = await stored.of_versions(self._db, refs, self._embedder.name)
        if not packed:
            return None
        return await asyncio.to_thread(_judged, tokens, [packed.get(ref) for ref in refs])

    async def close(self) -> None:
        """Nothing of its own to release."""


def _judged(wordings: Sequence[Tokens], packed: Sequence[bytes | None]) -> NDArray[np.float32]:
    known = np.array([one is not None for one in packed])
    judged = np.empty((len(wordings), len(packed)), np.float32)
    for row, tokens in enumerate(wordings):
        judged[row, known] = maxsim(tokens, [one for one in packed if one is not None])
        judged[row, ~known] = judged[row, known].mean()
    return judged
