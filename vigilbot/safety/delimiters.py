"""Text from outside cannot forge the tags that mark it as such in a prompt."""

from __future__ import annotations

import re

TAGS = (
    "doc_",
    "tool_",
    "scope",
    "dialogue",
    "message",
    "turn",
    "question",
    "references",
    "answer",
    "page",
    "statement",
    "findings",
    "tools",
    "candidate",
    "annotation",
)
"""Every tag our prompts use, and chat templates' own `<|`; a test holds this list against the prompt files."""

_OPENERS = "[<\uff1c\ufe64]"
"""`<`, and the characters that normalise to it."""
_INVISIBLE = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]"


def _spelled(tag: str) -> str:
    return f"{_INVISIBLE}*+".join(re.escape(letter) for letter in tag)


# Possessive: two gaps that gave back what they took would share a long blank in every possible way.
_GAP = rf"(?:\s|{_INVISIBLE})*+"
_NAMES = "|".join(_spelled(tag) for tag in TAGS)
_FORGED = re.compile(rf"{_OPENERS}(?={_GAP}(?:\||/?{_GAP}(?:{_NAMES})))", re.IGNORECASE)


def neutralise(text: str) -> str:
    """The same text, in which nothing can be read as one of our tags: their `<` becomes `‹`.

    Other markup stays as it is, so that customers' XML or generics reach the model unharmed.
    """
    return _FORGED.sub("‹", text)
