"""A cross-encoder that VIGIL_RERANK_MODEL names, through sentence-transformers (torch enters the process then)."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

from vigilbot.errors import KnowledgeError
from vigilbot.knowledge.rerank.base import passage_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sentence_transformers import CrossEncoder

    from vigilbot.models import Entry

T = TypeVar("T")

LOAD_SECONDS = 900.0
"""Long enough to download a large model once."""

BATCH_PAIRS = 20


class CrossEncoderReranker:
    """Implements Reranker."""

    share = 1.0
    """It was trained for this: its judgement stands alone."""
    seconds = 5.0

    def __init__(self, name: str, model: CrossEncoder) -> None:
        self.name = name
        self._model = model
        self._lane = ThreadPoolExecutor(1, "rerank")

    @classmethod
    async def open(cls, name: str) -> Self:
        """Load the model; the download, if one is needed, counts. Raises KnowledgeError."""
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                return cls(name, await asyncio.to_thread(_load, name))
        except TimeoutError:
            raise KnowledgeError(
                f"VIGIL_RERANK_MODEL={name}: not loaded within {LOAD_SECONDS:.0f} s; "
                "download it beforehand and name its folder"
            ) from None

    async def judge(self, wordings: Sequence[str], candidates: Sequence[Entry]) -> NDArray[np.float32] | None:
        """Probabilities, whether or not the model itself ends in a sigmoid. Raises KnowledgeError."""
        pairs = [(wording, passage_of(entry)) for wording in wordings for entry in candidates]
        if not pairs:
            return None
        scores = await asyncio.get_running_loop().run_in_executor(self._lane, self._predict, pairs)
        return scores.reshape(len(wordings), len(candidates))

    async def close(self) -> None:
        await asyncio.to_thread(self._lane.shutdown, cancel_futures=True)

    def _predict(self, pairs: list[tuple[str, str]]) -> NDArray[np.float32]:
        try:
            logits = self._model.predict(pairs, batch_size=BATCH_PAIRS, activation_fn=_as_is, show_progress_bar=False)
        except Exception as error:  # what torch and a model's own code raise has no common base
            raise KnowledgeError(f"VIGIL_RERANK_MODEL={self.name}: {_first_line(error)}") from error
        return np.asarray(1 / (1 + np.exp(-np.asarray(logits, np.float32))), np.float32)


def _as_is(logits: T) -> T:
    """Whatever the model's own configuration would make of its numbers."""
    return logits


def _load(name: str) -> CrossEncoder:
    try:
        from sentence_transformers import CrossEncoder  # noqa: PLC0415 - brings torch: only when asked for

        model = CrossEncoder(name)
        outputs = model.num_labels
    except Exception as error:  # a missing repository, file, network or class: each library raises its own
        raise KnowledgeError(
            f"VIGIL_RERANK_MODEL={name}: cannot be loaded ({_first_line(error)}); give `bundled`, `off`, a "
            "cross-encoder's name or folder, or a reranker of a provider as litellm writes it, like cohere/rerank-v3.5"
        ) from error
    if outputs != 1:
        raise KnowledgeError(f"VIGIL_RERANK_MODEL={name}: gives {outputs} numbers a passage instead of one")
    return model


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
