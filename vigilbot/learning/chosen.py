"""A suggestion that an analyst posted, as it was or edited: they vouch for it, unless what follows tells otherwise.

What is learnt are the words that were posted, never those that were suggested.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vigilbot.learning.accepted import accepted, without_marks
from vigilbot.learning.review import reviewed
from vigilbot.models import Answer

if TYPE_CHECKING:
    from vigilbot.learning.lesson import Asked, Lesson
    from vigilbot.models import Card, Turn
    from vigilbot.reasoning.base import Reasoner


async def chosen(asked: Asked, turn: Turn, card: Card, reasoner: Reasoner) -> Lesson:
    """As an accepted answer, unless a review of the following dialogue is against it. Raises ReasonerError."""
    posted = Answer(tuple(replace(part, text=without_marks(part.text)) for part in card.parts), card.reasoner)
    verdict = await reviewed(asked, replace(turn, answer=posted), reasoner)
    if verdict.result in {"deleted", "updated"}:
        return verdict
    return replace(accepted(asked, turn, card), reason=f"{card.chosen_by} posted the answer")
