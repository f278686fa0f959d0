"""From the setting to the reranker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.embedding.relevance import is_endpoint
from vigilbot.knowledge.rerank.crossencoder import CrossEncoderReranker
from vigilbot.knowledge.rerank.endpoint import EndpointReranker

if TYPE_CHECKING:
    from vigilbot.knowledge.rerank.base import Reranker

BUNDLED, OFF = "bundled", "off"


async def load_reranker(model: str) -> Reranker | None:
    """The reranker that VIGIL_RERANK_MODEL names; None for `bundled` and `off`, which need no loading.

    A name that starts with one of litellm's providers is an endpoint; any other a cross-encoder's name or folder.
    Raises KnowledgeError, in one line with the fix.
    """
    if model in (BUNDLED, OFF):
        return None
    return EndpointReranker(model) if is_endpoint(model) else await CrossEncoderReranker.open(model)
