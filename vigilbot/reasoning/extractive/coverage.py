"""What the knowledge base covers: how near its nearest passages come to a turn, to the scope and to anything at all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from vigilbot.reasoning.extractive.quoting import best_cover
from vigilbot.reasoning.extractive.scoping import BACKGROUND_STEP, Coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Audience, Reference
    from vigilbot.reasoning.extractive.weights import Weights

NEAREST = 5
"""How many passages say what the knowledge base covers."""
REFRESH = 500
"""Turns after which the background is learnt anew, since knowledge grows."""


class Searchable(Protocol):
    """The part of a knowledge base that is needed here; references carry their cosine as `scores["dense"]`."""

    async def nearest(self, text: str, *, audiences: frozenset[Audience], limit: int) -> list[Reference]: ...


class CoverageGauge:
    """Asks the knowledge base. Every method raises EmbeddingError and KnowledgeError."""

    def __init__(self, knowledge: Searchable, weights: Weights) -> None:
        self._knowledge = knowledge
        self._unrelated = weights.anchor_texts[::BACKGROUND_STEP]
        self._background = 0.0
        self._turns_left = 0

    async def of(self, question: str, scope: str, audiences: frozenset[Audience], *, words_of: str = "") -> Coverage:
        """The nearest passages of a question and of the scope text; of the question, the words in `words_of` count."""
        found, about_scope = await asyncio.gather(self._nearest(question, audiences), self._nearest(scope, audiences))
        passages = [f"{reference.title} {reference.question} {reference.text}" for reference in found]
        return Coverage(
            turn=cosines_of(found),
            scope=cosines_of(about_scope),
            words=best_cover(words_of or question, passages),
            background=await self.background(audiences),
        )

    async def background(self, audiences: frozenset[Audience]) -> float:
        """Mean cosine of unrelated texts with their nearest passage."""
        self._turns_left -= 1
        if self._turns_left < 0:
            nearest = await asyncio.gather(*(self._nearest(text, audiences) for text in self._unrelated))
            cosines = [cosines_of(found)[0] for found in nearest if cosines_of(found)]
            if cosines:
                self._background = sum(cosines) / len(cosines)
                self._turns_left = REFRESH
        return self._background

    async def _nearest(self, text: str, audiences: frozenset[Audience]) -> list[Reference]:
        return await self._knowledge.nearest(text, audiences=audiences, limit=NEAREST)


def cosines_of(references: Sequence[Reference]) -> tuple[float, ...]:
    """Best first; a reference that only words found has none."""
    return tuple(sorted((one.scores["dense"] for one in references if "dense" in one.scores), reverse=True))
