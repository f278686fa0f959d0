"""What becomes of a text before it is indexed, stored or asked: one form for what looks the same."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from vigilbot.safety.lookalikes import unmasked

if TYPE_CHECKING:
    from vigilbot.models import EntryKind
    from vigilbot.storage.entries import Content

INVISIBLE = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
    # Joiners shape Persian and Indic words and emoji; beside ASCII they only hide words from a search.
    "|(?<=[\x00-\x7f])[\u200c\u200d]+|(?<![\u200c\u200d])[\u200c\u200d]++(?=[\x00-\x7f])"
)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def normalised(text: str) -> str:
    """NFC, Unix line ends, no invisible or control characters, no half surrogates."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return CONTROL.sub("", INVISIBLE.sub("", text))


def asked_text(text: str) -> str:
    """What is searched with when this is asked."""
    return unmasked(normalised(text))


def embedded_text(kind: EntryKind, content: Content) -> str:
    """What stands for an entry in the index: a pair's question; a document's title with its text."""
    if kind == "qa":
        return unmasked(content.question)
    return unmasked(f"{content.title}\n{content.text}" if content.title else content.text)
