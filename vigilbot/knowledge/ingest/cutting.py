"""Long text to parts of about equal length, cut where it hurts least. Tokenizes a text once.

semantic-text-splitter does the like, but tokenizes each stretch it considers anew: 40 ms a page, which was a fifth of
the whole ingest.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tokenizers import Tokenizer

BREAKS = tuple(
    re.compile(pattern)
    for pattern in (r"\n[ \t]*\n\s*", r"\n", r"(?<=[.!?])[\"')\]]*\s+|(?<=[。！？])", r"(?<=[;:,])\s+", r"\s+")
)
"""Ends of paragraphs, lines, sentences, clauses, words: the first kind that occurs near the wanted place is taken."""

EASE = 0.25
"""How far from the wanted place a break may lie, as a share of a part."""

SLAB = 100_000
"""Characters tokenized at once, so that a huge file does not become huge lists."""


def cut(text: str, tokenizer: Tokenizer, room: int) -> Iterator[str]:
    """Parts of at most `room` tokens, without blank ones. The tokenizer must not truncate."""
    for slab in _slabs(text):
        offsets = tokenizer.encode(slab, add_special_tokens=False).offsets
        starts = [start for start, _ in offsets]
        yield from filter(None, (part.strip() for part in _parts(slab, starts, room)))


def _parts(text: str, starts: Sequence[int], room: int) -> Iterator[str]:
    """`starts` are the places in `text` where its tokens begin."""
    if not starts:
        return
    first = 0
    while (left := len(starts) - first) > room:
        wanted = left / ceil(left / room)
        low = first + max(1, int(wanted * (1 - EASE)))
        high = first + min(room, ceil(wanted * (1 + EASE)))
        at = _break(text, starts[low], starts[high], starts[first + round(wanted)])
        yield text[starts[first] : at]
        first = bisect_left(starts, at)
    yield text[starts[first] :]


def _break(text: str, low: int, high: int, wanted: int) -> int:
    for pattern in BREAKS:
        if ends := [match.end() for match in pattern.finditer(text, low, high)]:
            return min(ends, key=lambda end: abs(end - wanted))
    return high


def _slabs(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > SLAB:
        end = text.rfind("\n", start + 1, start + SLAB)
        end = end if end > 0 else start + SLAB
        yield text[start:end]
        start = end
    yield text[start:]
