"""How grave a dialogue is, and whether two problems are one, without a language model: weaker than one, and said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.models import OTHER, Sameness, Severity
from vigilbot.reasoning.extractive import sameness
from vigilbot.reasoning.extractive.severity import NAMES, Menu, Spoken, features, texts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.models import Category, Dialogue
    from vigilbot.reasoning.extractive.encoder import WeightsEncoder
    from vigilbot.reasoning.extractive.weights import Head

GRAVE_FROM = 0.35
"""Probability from which a sentence makes its dialogue grave: chosen on the cross-validated curve itself, of
six cut-offs tried."""
MOST_QUOTED = 2
REMEMBERED_MENUS = 16


class ExtractiveTriage:
    """Judges and compares with the encoder and one trained head. Every method raises EmbeddingError."""

    def __init__(self, encoder: WeightsEncoder, head: Head) -> None:
        self._encoder = encoder
        self._head = head
        self._menus: dict[tuple[Category, ...], Menu] = {}

    async def triage(self, dialogue: Dialogue, categories: Sequence[Category]) -> Severity:
        """The category of the sentence that most probably states something grave, which is quoted."""
        spoken = Spoken.of(dialogue)
        menu = await self._menu(tuple(categories))
        return judged(spoken, features(spoken, menu, await self._vectors(spoken.texts)), self._head)

    async def argue(self, dialogue: Dialogue, categories: Sequence[Category], category: str) -> Severity:
        """The sentence nearest to what the category looks like, quoted; undecided when there is nothing to quote."""
        if category == OTHER:
            return Severity(OTHER, "Nothing grave is stated to have happened and to go on.")
        spoken = Spoken.of(dialogue)
        menu = await self._menu(tuple(categories))
        rows = features(spoken, menu, await self._vectors(spoken.texts)).get(category)
        if rows is None:
            return Severity(None, f"nothing speaks for {category}", confidence=0.0)
        quote = spoken.sentences[int(rows[:, NAMES.index("like")].argmax())]
        return Severity(category, f"It is stated: “{quote}” Of the categories, {category} describes this.", (quote,))

    async def same_problem(self, statement: str, known: str) -> Sameness:
        """Refused when they name different things, confirmed when they are near."""
        one, other = await self._encoder.embed([statement or " ", known or " "])
        return sameness.compared(statement, known, float(one @ other))

    async def _menu(self, categories: tuple[Category, ...]) -> Menu:
        if categories not in self._menus:
            if len(self._menus) >= REMEMBERED_MENUS:
                self._menus.clear()
            self._menus[categories] = Menu.of(categories, await self._vectors(texts_of(categories)))
        return self._menus[categories]

    async def _vectors(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        return dict(zip(texts, await self._encoder.embed(texts), strict=True)) if texts else {}


def judged(spoken: Spoken, found: dict[str, NDArray[np.float32]], head: Head) -> Severity:
    """The likeliest category with its likeliest sentences, or `other`."""
    if not found:
        return Severity(OTHER, "nothing was stated that could be grave")
    chances = {name: [head.probability(row) for row in rows] for name, rows in found.items()}
    name = max(chances, key=lambda one: max(chances[one]))
    best = max(chances[name])
    if best < GRAVE_FROM:
        reason = f"nothing grave is stated to have happened ({name} at most {best:.2f} likely)"
        return Severity(OTHER, reason, confidence=1 - best)
    likely = sorted(range(len(spoken.sentences)), key=lambda at: -chances[name][at])[:MOST_QUOTED]
    quoted = [at for at in sorted(likely) if chances[name][at] >= GRAVE_FROM]
    reason = f"what is stated is near to what {name} looks like (likelihood {best:.2f})"
    return Severity(name, reason, tuple(dict.fromkeys(spoken.sentences[at] for at in quoted)), best)
