"""An answer that nobody accepted: did it stand up to what was said afterwards? (Vigil, Figure 4 and Appendix A.3)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.learning.evidence import analysts_messages, analysts_wrote_after, in_analysts_words
from vigilbot.learning.lesson import Lesson

if TYPE_CHECKING:
    from vigilbot.learning.lesson import Asked
    from vigilbot.models import Turn
    from vigilbot.reasoning.base import Reasoner


async def reviewed(asked: Asked, turn: Turn, reasoner: Reasoner) -> Lesson:
    """Keep, delete the references that misled, or update. Raises ReasonerError.

    A verdict against an answer needs an analyst's words behind it: without, it is undecided and nothing changes.
    """
    if not analysts_wrote_after(asked):
        return Lesson(asked, "undecided", "no analyst has written since the answer")
    review = await reasoner.review(asked.dialogue, turn)
    evidence = analysts_messages(asked, review.message_ids)
    if review.verdict == "keep":
        return Lesson(asked, "kept", review.reason, evidence=evidence)
    if review.verdict is None or not evidence:
        return Lesson(asked, "undecided", review.reason if review.verdict is None else "no analyst said so")
    misled = tuple(turn.references[n - 1] for n in review.misleading if 0 < n <= len(turn.references))
    if review.verdict == "delete" and misled:
        return Lesson(asked, "deleted", review.reason, evidence=evidence, misled=misled)
    if review.verdict == "update" and review.pair and in_analysts_words(review.pair, asked, evidence, turn.references):
        return Lesson(asked, "updated", review.reason, (review.pair,), evidence, misled, saw=turn.references)
    lacking = "in a customer's words, not in an analyst's" if review.pair else "but not what"
    return Lesson(asked, "undecided", f"{review.verdict}, {lacking}: {review.reason}", evidence=evidence)
