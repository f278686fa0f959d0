"""Words that are written with another script's letters, so that people read them and a search does not.

For comparing only: what is shown stays what was written. The letters are those whose prototype in Unicode's
`confusables.txt` (UTS 39) is a Latin letter, of the two scripts that are used for it, Cyrillic and Greek.
"""

from __future__ import annotations

import re
import unicodedata

LOOKALIKES = str.maketrans(
    # Cyrillic
    "аеорсухіјѕһԁԛԝӏүАВЕЅІЈКМНОРСТХУԌԚԜҮӀ"
    # Greek
    "οανρικυγϲϳΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijshdqwlyABESIJKMHOPCTXYGQWYl"
    "oavpikuycjABEZHIKMNOPTYX",
)  # fmt: skip
FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f]")
WORD = re.compile(r"[^\W\d_]+")
STYLED = re.compile("[\u3000\uff01-\uff5e\U0001d400-\U0001d7ff\ufb00-\ufb06]+")
"""Fullwidth and mathematical letters and ligatures: ordinary letters in another dress."""


def unmasked(text: str) -> str:
    """The text with words of mixed script in Latin letters. Russian and Greek words stay what they are."""
    if text.isascii():
        return text
    text = STYLED.sub(lambda styled: unicodedata.normalize("NFKC", styled[0]), text)
    return WORD.sub(lambda word: _unmasked(word[0]), text) if FOREIGN.search(text) else text


def _unmasked(word: str) -> str:
    """A word is masked when it holds Latin letters, and every other one only looks Latin."""
    plain = word.translate(LOOKALIKES)
    mixed = any(char.isascii() for char in word)
    return plain if mixed and not FOREIGN.search(plain) else word
