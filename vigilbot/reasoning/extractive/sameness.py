"""Are two problems one? Refused where both name an object, region, version or moment and not one in common.

The same symptom with another cause is where such comparisons are known to fail (TickIt, limitations): a name in both
statements that differs outweighs any nearness.
"""

from __future__ import annotations

import re

from vigilbot.embedding.likeness import differ_in_names
from vigilbot.models import Sameness
from vigilbot.reasoning.extractive.quoting import cover, stems
from vigilbot.reasoning.extractive.rewriting import substance

SAME_FROM = 0.55
"""Cosine from which two statements are confirmed …"""
SAME_WITH_WORDS_FROM = 0.4
"""… or from which they are when they share half of the shorter one's words."""
SHARED_WORDS = 0.5

_CODE = re.compile(r"\b[A-Z]{1,6}[-_]?\d{2,6}\b")
_STATUS = re.compile(r"\b(?:error|status|code|http)s?:? ?(\d{3,5})\b|\b([45]\d\d)\b", re.IGNORECASE)
_REGION = re.compile(
    r"\b(?:(?:us|eu|ap|sa|af|me|ca|cn)-(?:north|south|east|west|central|\w+east|\w+west)(?:-?\d)?(?:[a-d]\b)?"
    r"|emea|apac|latam|europe|asia|africa|america|australia"
    r"|frankfurt|london|paris|dublin|stockholm|milan|virginia|ohio|oregon|california|singapore|tokyo|seoul|mumbai"
    r"|sydney|hong kong|beijing|shanghai|jakarta|sao paulo|são paulo)\b",
    re.IGNORECASE,
)
_PLATFORM = re.compile(r"\b(?:windows|linux|mac ?os|android|ios|iphone|ipad|web|desktop)\b", re.IGNORECASE)
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)

NAMED = (
    ("error codes", _CODE),
    ("status codes", _STATUS),
    ("regions", _REGION),
    ("platforms", _PLATFORM),
    ("days", _DATE),
)


def compared(statement: str, known: str, cosine: float) -> Sameness:
    """`cosine`: of the two statements' vectors."""
    differing = difference(statement, known)
    if differing:
        return Sameness(False, f"they name different {differing}")
    short, long = sorted((statement, known), key=lambda text: len(substance(text)))
    shared = cover(stems(substance(short)), long)
    if cosine >= SAME_FROM or (cosine >= SAME_WITH_WORDS_FROM and shared >= SHARED_WORDS):
        return Sameness(True, f"the statements are near (cosine {cosine:.2f}) and name nothing that differs")
    return Sameness(None, f"the statements are too far apart to tell (cosine {cosine:.2f})")


def difference(statement: str, known: str) -> str:
    """What both name without having any in common; empty when there is no such thing."""
    for what, pattern in NAMED:
        one, other = _names(pattern, statement), _names(pattern, known)
        if one and other and one.isdisjoint(other):
            return what
    return "versions or settings" if differ_in_names(statement, known) else ""


def _names(pattern: re.Pattern[str], text: str) -> set[str]:
    return {(found[found.lastindex or 0]).lower().replace(" ", "") for found in pattern.finditer(text)}
