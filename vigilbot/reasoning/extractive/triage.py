"""How grave a dialogue is, and whether two problems are one, without a language model: weaker than one, and said so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.likeness import differ_in_names
from vigilbot.models import OTHER, Sameness, Severity
from vigilbot.reasoning.extractive.sentences import is_code, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.models import Category, Dialogue
    from vigilbot.reasoning.extractive.encoder import WeightsEncoder

NEAR = 0.5
"""Cosine with a category's example from which a sentence may be of it."""
SAME = 0.6
REMEMBERED_MENUS = 16


@dataclass(frozen=True, slots=True)
class _Known:
    """A category as vectors, each of shape (texts, dimensions)."""

    name: str
    gravity: int
    like: NDArray[np.float32]
    unlike: NDArray[np.float32]


class ExtractiveTriage:
    """Judges and compares with the encoder. Every method raises EmbeddingError."""

    def __init__(self, encoder: WeightsEncoder) -> None:
        self._encoder = encoder
        self._menus: dict[tuple[Category, ...], list[_Known]] = {}

    async def triage(self, dialogue: Dialogue, categories: Sequence[Category]) -> Severity:
        """The gravest category that a sentence is nearer to than to what only sounds like it."""
        said = [
            sentence
            for message in dialogue.messages
            if message.role != "bot" and not message.deleted
            for sentence in sentences(message.text)
            if not is_code(sentence)
        ]
        if not said:
            return Severity(OTHER, "nothing was written")
        menu = await self._menu(tuple(categories))
        vectors = await self._encoder.embed(said)
        best: tuple[float, int, _Known | None] = (0.0, 0, None)
        for known in menu:
            if known.name == OTHER or not known.like.size:
                continue
            like = (vectors @ known.like.T).max(axis=1)
            unlike = (vectors @ known.unlike.T).max(axis=1) if known.unlike.size else np.zeros_like(like)
            scores = np.where((like >= NEAR) & (like > unlike), like, 0)
            at = int(scores.argmax())
            best = max(best, (float(scores[at]), at, known), key=lambda found: found[0])
        score, at, category = best
        if category is None:
            return Severity(OTHER, "nothing written is near to a grave category")
        reason = f"near to what {category.name} looks like ({score:.2f})"
        return Severity(category.name, reason, (said[at],), score)

    async def same_problem(self, statement: str, known: str) -> Sameness:
        """Refused when both name versions or settings and none in common; confirmed when near."""
        if differ_in_names(statement, known):
            return Sameness(False, "they name different versions or settings")
        one, other = await self._encoder.embed([statement, known])
        cosine = float(one @ other)
        return Sameness(cosine >= SAME, f"cosine of the statements {cosine:.2f}")

    async def _menu(self, categories: tuple[Category, ...]) -> list[_Known]:
        if categories not in self._menus:
            if len(self._menus) >= REMEMBERED_MENUS:
                self._menus.clear()
            self._menus[categories] = [await self._known(category) for category in categories]
        return self._menus[categories]

    async def _known(self, category: Category) -> _Known:
        like = [text for text in (category.description, *category.examples) if text.strip()]
        vectors = await self._encoder.embed([*like, *category.confusable])
        return _Known(category.name, category.gravity, vectors[: len(like)], vectors[len(like) :])
