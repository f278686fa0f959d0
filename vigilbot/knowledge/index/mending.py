"""An index that fails while the bot runs: noticed by searching it, made anew from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import structlog

from vigilbot.errors import KnowledgeError
from vigilbot.knowledge.index.base import VectorIndex
from vigilbot.knowledge.index.rebuild import rebuild
from vigilbot.storage import vectors as stored

if TYPE_CHECKING:
    from vigilbot.knowledge.local import LocalKnowledge

log = structlog.get_logger(__name__)


async def fault_of(knowledge: LocalKnowledge) -> str:
    """Why nothing can be found, in words for a person; empty while the index answers."""
    index = knowledge.serving.index
    try:
        if isinstance(index, VectorIndex) and index.is_gone():
            return "the index's files are gone"
        shelves = await stored.shelves(knowledge.db)
        anywhere = np.ones((1, knowledge.embedder.dimensions), np.float32)
        await index.nearest(shelves[:1], anywhere, 1)
    except KnowledgeError as error:
        return str(error)
    return ""


async def mend(knowledge: LocalKnowledge) -> None:
    """Bring the index in line with the stored vectors, anew if it must be; questions wait meanwhile.

    Of an index that was only away, or too slow, nothing is thrown away. Raises KnowledgeError.
    """
    index = knowledge.serving.index
    if not isinstance(index, VectorIndex):
        return
    log.warning("index_mending")
    async with knowledge.closed_for_repair():
        if index.is_gone():
            await index.wipe()
        await rebuild(knowledge.db, index, knowledge.embedder.name)
