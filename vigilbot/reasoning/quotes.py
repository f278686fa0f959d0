"""Whether somebody really wrote what is quoted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.reasoning.shown import shown_message

if TYPE_CHECKING:
    from vigilbot.models import Dialogue

LEAST_LETTERS = 4
"""Fewer letters and digits prove nothing: they stand somewhere in every dialogue."""

_AROUND = " \t\n\"'“”‘’«»„`…"


def verbatim(quote: str, dialogue: Dialogue) -> str | None:
    """The quote as it stands in one message of a customer or an analyst, as a model is shown it; None when nobody
    wrote it.

    Blanks and case may differ, and quotation marks or an ellipsis may stand around it.
    """
    wanted = re.findall(r"\S+", quote.strip(_AROUND))
    if sum(char.isalnum() for char in "".join(wanted)) < LEAST_LETTERS:
        return None
    pattern = re.compile(r"\s+".join(map(re.escape, wanted)), re.IGNORECASE)
    for message in dialogue.messages:
        if message.role != "bot" and not message.deleted:
            found = pattern.search(shown_message(message.text)) or pattern.search(message.text)
            if found:
                return shown_message(found.group())
    return None
