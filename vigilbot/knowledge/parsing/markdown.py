"""Words taken from another format, written so that Markdown reads no structure into them that was not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOKS_LIKE_HEADING = re.compile(r"^[ \t]*(?=#{1,6}(?:[ \t]|$))", re.MULTILINE)
LOOKS_LIKE_UNDERLINE = re.compile(r"^[ \t]*(?:-+|=+)[ \t]*$\n?", re.MULTILINE)
SPACE = re.compile(r"\s+")


def paragraph(text: str) -> str:
    """A `#` at the start of a line is indented until it is no heading; lines that would underline one are left out."""
    return LOOKS_LIKE_HEADING.sub("    ", LOOKS_LIKE_UNDERLINE.sub("", text))


def heading(level: int, text: str) -> str:
    """`level` counts from 1; deeper than 6 is 6."""
    return f"{'#' * min(max(level, 1), 6)} {SPACE.sub(' ', text).strip()}"


def code(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """The first row is the header; short rows are filled up."""
    width = max(map(len, rows), default=0)
    if not width:
        return ""
    lines = [_row([*row, *[""] * (width - len(row))]) for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(SPACE.sub(" ", cell).strip().replace("|", "\\|") for cell in cells) + " |"
