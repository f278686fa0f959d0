"""`<doc_n>` citations: found, checked, and turned into the `[n]` of a card."""

from __future__ import annotations

import re

CITATION = re.compile(r"<\s*doc[_ -]?(\d{1,4})\s*/?\s*>", re.IGNORECASE)
CLOSING = re.compile(r"<\s*/\s*doc[_ -]?\d*\s*>", re.IGNORECASE)
FORGED = re.compile(r"\[\d{1,3}\]")


def cited_numbers(text: str) -> list[int]:
    """The cited reference numbers in order of first appearance."""
    return list(dict.fromkeys(int(found[1]) for found in CITATION.finditer(text)))


def without_citations(text: str) -> str:
    """The bare words: what is compared with other answers."""
    return re.sub(r" +", " ", CITATION.sub("", CLOSING.sub("", text))).strip()


def numbered(text: str, numbers: dict[int, int]) -> str:
    """The text with `[k]` for each `<doc_n>`, k = numbers[n]; brackets that only look like citations are taken out."""
    plain = FORGED.sub("", CLOSING.sub("", text))
    marked = CITATION.sub(lambda found: f"[{numbers[int(found[1])]}]", plain)
    return re.sub(r"(\[\d+\])(?:\s*\1)+", r"\1", marked).strip()
