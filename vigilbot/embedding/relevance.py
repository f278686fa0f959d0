"""Relevance of passages as an endpoint judges it, through litellm's rerank API: https://docs.litellm.ai/docs/rerank."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from vigilbot.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Sequence

PROVIDERS = frozenset(
    {"cohere", "together_ai", "azure_ai", "infinity", "jina_ai", "bedrock", "hosted_vllm", "deepinfra", "fireworks_ai",
     "voyage", "watsonx", "vertex_ai", "nvidia_nim", "litellm_proxy"}
)  # fmt: skip
"""Whose rerankers litellm can ask."""


def is_endpoint(model: str) -> bool:
    """Whether a name means a provider's model (`cohere/rerank-v3.5`) and not one to be loaded here."""
    return model.partition("/")[0] in PROVIDERS


async def relevance(model: str, question: str, passages: Sequence[str]) -> list[float]:
    """How relevant each passage is to the question, as the provider scores it. Raises EmbeddingError."""
    litellm = await asyncio.to_thread(_litellm)
    try:
        response = await litellm.arerank(model=model, query=question, documents=list(passages), max_retries=0)
        scores = {int(result["index"]): float(result["relevance_score"]) for result in response.results or []}
        return [scores[at] for at in range(len(passages))]
    except KeyError as missing:
        raise EmbeddingError(f"VIGIL_RERANK_MODEL={model}: the reply leaves passage {missing} out") from None
    except Exception as error:  # providers' libraries beneath litellm raise their own; none may cross this line
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise EmbeddingError(f"VIGIL_RERANK_MODEL={model}: {lines[0]}") from None


def _litellm() -> Any:  # a module without types
    import litellm  # noqa: PLC0415 - takes seconds, and only those who name an endpoint need it

    litellm.suppress_debug_info = True
    return litellm
