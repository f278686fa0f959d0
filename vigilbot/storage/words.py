"""Text to terms, the same for what is stored and what is asked. Code and error strings survive.

`SignatureDoesNotMatch` is found as a whole and by its words, `ERR_CONN_RESET` and `kube-proxy` likewise, `10.04` and
`0x80070005` stay what they are, Chinese, Japanese and Korean become pairs of characters. English plurals lose their
ending and nothing else does: measured on three sets, Porter's stemmer found less.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from vigilbot.safety.lookalikes import unmasked

RULES = 2
"""To be raised with every change here: stored terms are then made again at the next start."""

LONGEST = 64
"""Characters of a term; what is longer is cut, alike on both sides."""

TITLE_WEIGHT = 2
"""How often a word of the title counts."""

COMPOUND = re.compile(r"[^\W_]+(?:[._\-:/+@#][^\W_]+)*")
PIECE = re.compile(r"[^\W_]+")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
APOSTROPHES = str.maketrans("", "", "'’")


def terms(text: str) -> Counter[str]:
    """How often each term occurs."""
    return Counter(term for match in COMPOUND.finditer(_folded(text)) for term in _of_compound(match[0]))


def terms_of(title: str, text: str) -> Counter[str]:
    """The terms of an entry, those of its title counted TITLE_WEIGHT times."""
    found = terms(text)
    for term, count in terms(title).items():
        found[term] += TITLE_WEIGHT * count
    return found


def _folded(text: str) -> str:
    """Without apostrophes, accents and masks. Case is kept: it says where a compound is to be split."""
    text = unmasked(text).translate(APOSTROPHES)
    if text.isascii():
        return text
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare)


@lru_cache(maxsize=100_000)
def _of_compound(compound: str) -> tuple[str, ...]:
    pieces = PIECE.findall(compound)
    found = [_cut(compound)] if len(pieces) > 1 else []
    for piece in pieces:
        if UNSPACED.search(piece):
            found += _pairs(piece)
            continue
        found.append(_cut(_singular(piece.casefold())))
        words = CAMEL.split(piece)
        if len(words) > 1:
            found += [_cut(_singular(word.casefold())) for word in words if len(word) > 1]
    return tuple(found)


def _cut(word: str) -> str:
    return word.casefold()[:LONGEST]


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _pairs(piece: str) -> list[str]:
    """Scripts without spaces: each two neighbouring characters; other letters in between stay words."""
    found: list[str] = []
    end = 0
    for run in UNSPACED.finditer(piece):
        found += [piece[end : run.start()].casefold()] if run.start() > end else []
        characters = run[0]
        found += [characters[at : at + 2] for at in range(len(characters) - 1)] or [characters]
        end = run.end()
    return found + ([piece[end:].casefold()] if end < len(piece) else [])
