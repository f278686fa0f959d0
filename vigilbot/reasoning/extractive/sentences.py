"""A passage cut into whole sentences; code blocks, commands and list items stay in one piece."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"```.*?(?:```|\Z)|(?:^(?: {4}|\t).*\n?)+", re.DOTALL | re.MULTILINE)
_END = re.compile(r"(?<=[.!?。！？])[\"')\]]*\s+(?=[\"'(\[`<*_A-Z0-9À-ÞА-Я一-鿿])|(?<=[。！？])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|no|fig|sec|dr|mr|mrs|st|inc|ltd|corp|resp|incl|ver|vol|max|min)|\b[A-Z]|^\d+)\.$",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\s*(?:\d{1,2}[.)]|[-*\u2022])\s")
_HEADING = re.compile(r"^#{1,6}\s")


def sentences(text: str) -> list[str]:
    """The text's sentences in order; a line end also ends a sentence, since chats and lists leave out full stops."""
    pieces: list[str] = []
    position = 0
    for block in _BLOCK.finditer(text):
        pieces += _prose(text[position : block.start()])
        pieces.append(block.group().strip("\n"))
        position = block.end()
    return [piece for piece in pieces + _prose(text[position:]) if piece.strip()]


def is_code(sentence: str) -> bool:
    """A code block, which belongs to the sentence before it."""
    return sentence.startswith(("```", "    ", "\t"))


def is_item(sentence: str) -> bool:
    """The beginning of an item of a list."""
    return bool(_ITEM.match(sentence))


def is_heading(sentence: str) -> bool:
    return bool(_HEADING.match(sentence))


def _prose(text: str) -> list[str]:
    pieces = []
    for paragraph in _paragraphs(text):
        start = 0
        for end in _END.finditer(paragraph):
            before = paragraph[start : end.start()]
            if not _ABBREVIATION.search(before):
                pieces.append(before.strip() + end.group().strip())
                start = end.end()
        pieces.append(paragraph[start:].strip())
    return pieces


def _paragraphs(text: str) -> list[str]:
    """Lines, except that a line broken in mid-sentence is joined with the next."""
    joined: list[str] = []
    for line in text.splitlines():
        goes_on = (
            joined and joined[-1] and not re.search(r"[.!?:;。！？|]\W*$", joined[-1]) and re.match(r"\s*[a-z(]", line)
        )
        if goes_on and not _HEADING.match(joined[-1]):
            joined[-1] = f"{joined[-1].rstrip()} {line.strip()}"
        else:
            joined.append(line)
    return joined
