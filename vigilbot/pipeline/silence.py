"""The reason owed to somebody who spoke to the bot and gets no card."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigilbot.models import Turn


def why_silent(turn: Turn) -> str:
    """One plain sentence for the thread."""
    match turn.outcome:
        case "out_of_scope":
            return "I cannot help with that: it is outside what I am here for."
        case "no_assistance":
            return "I found no question in that which is still open."
        case "refused":
            return "I found nothing in my sources that answers this reliably."
        case "duplicate":
            return "My answer would be the same as the one above."
        case "overtaken":
            return f"{turn.reason[:1].upper()}{turn.reason[1:]}."
        case _:
            return "Something failed on my side while I was looking into this; please ask an analyst."
