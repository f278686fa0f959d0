"""The same text is embedded once, however many steps ask for it, even at the same time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.base import Embedded, Tokens, embed_tokens
from vigilbot.embedding.lanes import QUICK_TEXTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder

Read = tuple["NDArray[np.float32]", Tokens | None]
"""One text's vector and, where the embedder has them, those of its tokens."""

REMEMBERED = 512


class CachedEmbedder:
    """Remembers the last REMEMBERED texts in front of another embedder. Bulk passes through: it does not repeat."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._known: OrderedDict[str, Read] = OrderedDict()
        self._running: dict[str, asyncio.Task[dict[str, Read]]] = {}

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of shape (len(texts), dimensions). Raises EmbeddingError."""
        if not 0 < len(texts) <= QUICK_TEXTS:
            return await self._inner.embed(texts)
        return np.stack([vector for vector, _ in await self._read(texts)])

    async def embed_tokens(self, texts: Sequence[str]) -> Embedded:
        """As `embed`, with the vectors of tokens where the embedder has them. Raises EmbeddingError."""
        if not 0 < len(texts) <= QUICK_TEXTS:
            return await embed_tokens(self._inner, texts)
        read = await self._read(texts)
        tokens = [one for _, one in read if one is not None]
        return Embedded(np.stack([vector for vector, _ in read]), tokens if len(tokens) == len(read) else None)

    async def _read(self, texts: Sequence[str]) -> list[Read]:
        wanted = dict.fromkeys(texts)
        read = {text: self._known[text] for text in wanted if text in self._known}
        self._start([text for text in wanted if text not in read and text not in self._running])
        for task in {self._running[text] for text in wanted if text not in read}:
            # Shielded: one asker who gives up must not take the vectors from the others.
            read.update(await asyncio.shield(task))
        for text in wanted:
            self._remember(text, read[text])
        return [read[text] for text in texts]

    async def close(self) -> None:
        await asyncio.gather(*set(self._running.values()), return_exceptions=True)
        await self._inner.close()

    def _start(self, missing: list[str]) -> None:
        if not missing:
            return
        task = asyncio.create_task(self._compute(missing), name="embed")
        task.add_done_callback(lambda done: self._ended(missing, done))
        self._running.update(dict.fromkeys(missing, task))

    async def _compute(self, texts: list[str]) -> dict[str, Read]:
        vectors, tokens = await embed_tokens(self._inner, texts)
        return {text: (vectors[row], tokens[row] if tokens else None) for row, text in enumerate(texts)}

    def _ended(self, texts: list[str], task: asyncio.Task[dict[str, Read]]) -> None:
        for text in texts:
            del self._running[text]
        if not task.cancelled():
            task.exception()  # whoever waited has it already; if nobody did, it is not worth asyncio's warning

    def _remember(self, text: str, read: Read) -> None:
        self._known[text] = read
        self._known.move_to_end(text)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
