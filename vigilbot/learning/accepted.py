"""An accepted answer becomes knowledge as it stands: a person has confirmed it (Vigil, §3.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.learning.lesson import Lesson
from vigilbot.models import Pair

if TYPE_CHECKING:
    from vigilbot.learning.lesson import Asked
    from vigilbot.models import Card, Turn

CITATION_MARK = re.compile(r"(?<!\s)\s*+\[\d{1,3}\]")
"""What the card shows for a citation; nothing else in its text looks like that."""
CITATION = re.compile(r"<doc_(\d{1,9})>")


def accepted(asked: Asked, turn: Turn, card: Card) -> Lesson:
    """One pair for each part that was answered from passages: what a tool found holds for its moment only."""
    cited = {source.entry_id for source in card.sources}
    if card.chosen_by and turn.answer:  # an edit may drop the mark and keep the words
        numbers = map(int, CITATION.findall(turn.answer.text))
        cited |= {turn.references[n - 1].entry_id for n in numbers if n <= len(turn.references)}
    passing = {f"[{source.number}]" for source in card.sources if not source.entry_id}
    edited = bool(passing and card.chosen_by)
    return Lesson(
        asked,
        "accepted",
        f"{card.accepted_by} accepted the answer",
        pairs=tuple(
            Pair(part.question, without_marks(part.text))
            for part in card.parts
            if not (part.refused or edited or any(mark in part.text for mark in passing))
        ),
        drew_on=tuple(reference for reference in turn.references if reference.entry_id in cited),
        saw=turn.references,
    )


def without_marks(text: str) -> str:
    """A card's words without what stands for its citations."""
    return CITATION_MARK.sub("", text).strip()
