"""Under which conditions an answer holds: versions, modes, regions and "only if …", as people name them in passing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.reasoning.extractive.quoting import cover, stems
from vigilbot.reasoning.extractive.rewriting import substance
from vigilbot.reasoning.extractive.vocabulary import words

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 3
ALREADY_SAID = 0.99

_WORD = r"[A-Za-z][\w+#-]*(?:\.[\w+#-]+)*"
_CLAUSE = re.compile(
    r"\b((?:only |just )?(?:if|when|whenever|unless) "
    r"(?:you(?:'re| are)?|your|the|it(?:'s| is)?|they|using|on)\b[^.,;:!?\n()]{3,70})",
    re.IGNORECASE,
)
_VERSION = re.compile(
    rf"((?:{_WORD} ){{0,3}})((?:v|version |release )?\d+(?:\.\d+)+[\w-]*"
    r"(?: (?:and|or) (?:older|newer|earlier|later|below|above))?"
    r"(?: (?:with|using|on|in|behind|and) (?:[\w-]+ ?){1,3})?)"
)
_NAMED = re.compile(
    r"\b(?:with|using|uses?|on|in|behind|via|under) ((?:the |an? |temporary )?(?:[a-z][\w-]* ){0,2}"
    r"(?:[A-Z][A-Za-z0-9]*[A-Z][\w-]*|[a-z]{2}-[a-z]+-\d)"
    r"(?: (?:tokens?|credentials?|keys?|mode|regions?|clients?|sdks?|nodes?|accounts?|clusters?|buckets?))?)"
)
_REMEDY = re.compile(
    r"(?:(?:up|down)grad\w*|updat\w*|install\w*|fixed|mov\w*|switch\w*|pin\w*|roll\w*|since|use|try)"
    r"(?: \w+){0,3} (?:to|in|from|with|on)?\s*$",
    re.IGNORECASE,
)
_LITTLE = words("""
    a an the i i'm im we you your our my it's is are am on in with using use run running and or but of for that this
    known bug fixed by to from at version release upgrade update have has had here there it was were be been not
""")


def conditions_in(texts: Sequence[str], known: str) -> list[str]:
    """What the texts name that `known` does not, in their order; at most MOST."""
    found: list[str] = []
    for text in texts:
        for phrase in (*_versioned(text), *_CLAUSE.findall(text), *_NAMED.findall(text)):
            bare = phrase.strip(" ,.")
            said = " ".join([known, *found])
            if bare and cover(stems(substance(bare) or {bare.lower()}), said) < ALREADY_SAID:
                found.append(bare)
    return found[:MOST]


def narrowed(question: str, conditions: Sequence[str]) -> str:
    """The question with its conditions behind it."""
    return f"{question} ({'; '.join(conditions)})" if conditions else question


def _versioned(text: str) -> list[str]:
    """Versions with the words before them, unless they are the remedy ("upgrade to 2.1.4")."""
    found = []
    for match in _VERSION.finditer(text):
        if _REMEDY.search(text[: match.start(2)]):
            continue
        before = match.group(1).split()
        little = max((at for at, word in enumerate(before) if word.lower() in _LITTLE), default=-1)
        found.append(" ".join([*before[little + 1 :], match.group(2).strip()]))
    return found
