"""Words that serve the next customer: people, ids and hosts taken out of a question and its answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.reasoning.extractive.rewriting import stripped

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def generic_question(text: str, people: Collection[str]) -> str:
    """The question without names, ids and hosts."""
    return without_people(stripped(text), people)


def generic_answer(texts: Sequence[str], people: Collection[str]) -> str:
    """The answer's messages as one text without mentions, greetings, names, ids and hosts."""
    return "\n".join(said for said in (without_people(stripped(text), people) for text in texts) if said)


def without_people(text: str, people: Collection[str]) -> str:
    """The text without the participants' names."""
    names = sorted((name for name in people if len(name) > 1), key=len, reverse=True)
    if not names:
        return text
    pattern = re.compile(rf"(?<!\w)@?(?:{'|'.join(map(re.escape, names))})(?!\w)\s*[:,]?\s*", re.IGNORECASE)
    return pattern.sub("", text).strip()
