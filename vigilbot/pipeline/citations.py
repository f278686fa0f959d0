"""`<doc_n>` and `<tool_n>` citations: found, checked, and turned into the `[n]` of a card."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, cast

CITATION = re.compile(r"<\s*+(doc|tool)[_ -]?(\d{1,9})\s*+/?\s*+>", re.IGNORECASE)
CLOSING = re.compile(r"<\s*+/\s*+(?:doc|tool)[_ -]?\d*+\s*+>", re.IGNORECASE)
FORGED = re.compile(r"\[\d{1,3}\]")


class Citation(NamedTuple):
    """The n-th reference (`doc`) or finding (`tool`) of a turn, n from 1."""

    kind: Literal["doc", "tool"]
    number: int


def cited(text: str) -> list[Citation]:
    """What is cited, in order of first appearance."""
    return list(dict.fromkeys(_read(found) for found in CITATION.finditer(text)))


def _read(found: re.Match[str]) -> Citation:
    return Citation(cast(Literal["doc", "tool"], found[1].lower()), int(found[2]))


def without_citations(text: str) -> str:
    """The bare words: what is compared with other answers."""
    return re.sub(r" +", " ", CITATION.sub("", CLOSING.sub("", text))).strip()


def numbered(text: str, numbers: dict[Citation, int]) -> str:
    """The text with `[k]` for each citation, k its number; brackets that only look like citations are taken out."""
    plain = FORGED.sub("", CLOSING.sub("", text))
    marked = CITATION.sub(lambda found: f"[{numbers[_read(found)]}]", plain)
    return re.sub(r"(\[\d+\])(?:\s*\1)+", r"\1", marked).strip()
