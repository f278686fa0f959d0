"""An unanswered question: what the analysts answered in the end becomes knowledge (Vigil, Learning from Unanswered)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.learning.evidence import analysts_messages, analysts_wrote_after, in_analysts_words
from vigilbot.learning.lesson import Lesson

if TYPE_CHECKING:
    from vigilbot.learning.lesson import Asked
    from vigilbot.reasoning.base import Reasoner


async def extracted(asked: Asked, reasoner: Reasoner) -> Lesson:
    """The definitive answer as a pair, or nothing. Raises ReasonerError."""
    if not analysts_wrote_after(asked):
        return Lesson(asked, "nothing", "no analyst has written since")
    extraction = await reasoner.extract(asked.dialogue, asked.question)
    evidence = analysts_messages(asked, extraction.message_ids)
    if extraction.pair is None or not evidence:
        return Lesson(asked, "nothing", extraction.reason if extraction.pair is None else "no analyst said so")
    if not in_analysts_words(extraction.pair, asked, evidence):
        return Lesson(asked, "nothing", "what was to be learnt is in a customer's words, not in an analyst's")
    return Lesson(asked, "learnt", extraction.reason, (extraction.pair,), evidence)
