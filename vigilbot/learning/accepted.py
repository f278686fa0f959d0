"""An accepted answer becomes knowledge as it stands: a person has confirmed it (Vigil, §3.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.learning.lesson import Lesson
from vigilbot.models import Pair

if TYPE_CHECKING:
    from vigilbot.learning.lesson import Asked
    from vigilbot.models import Card, Turn

CITATION_MARK = re.compile(r"\s*\[\d{1,3}\]")
"""What the card shows for a citation; nothing else in its text looks like that."""


def accepted(asked: Asked, turn: Turn, card: Card) -> Lesson:
    """One pair for each part that was answered."""
    cited = {source.entry_id for source in card.sources}
    return Lesson(
        asked,
        "accepted",
        f"{card.accepted_by} accepted the answer",
        pairs=tuple(
            Pair(part.question, CITATION_MARK.sub("", part.text).strip()) for part in card.parts if not part.refused
        ),
        drew_on=tuple(reference for reference in turn.references if reference.entry_id in cited),
    )
