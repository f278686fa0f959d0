"""A PDF's text as Markdown: its bookmarks are the headings, running heads and folios are left out."""

from __future__ import annotations

import re
from collections import Counter
from io import BytesIO
from typing import TYPE_CHECKING

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import Destination

from vigilbot.knowledge.parsing import markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

DIGITS = re.compile(r"\d+")
RUNNING_PAGES = 5
"""Pages from which on a line can be a running head."""

RUNNING = 0.5
"""Share of pages whose first or last line it is."""

FULL_LINE = 0.75
"""Share of the longest line's length from which on a line was broken for want of room."""

Headings = dict[int, list[tuple[int, str]]]
"""(level, title) by page number, in order."""


def read(content: bytes, page: Callable[[], None]) -> tuple[str, str]:
    """(title, text); `page` is called after every page that gave text. Raises ValueError in words for a person."""
    reader = _opened(content)
    pages: list[list[str]] = []
    for sheet in reader.pages:
        lines = [line.strip() for line in sheet.extract_text().splitlines()]
        pages.append(lines)
        if any(lines):
            page()
    if not any(any(lines) for lines in pages):
        raise ValueError("holds no text, only pictures of it; run text recognition (OCR) on it first")
    return _title(reader), _text(pages, _headings(reader))


def _opened(content: bytes) -> PdfReader:
    reader = PdfReader(BytesIO(content))
    try:
        if reader.is_encrypted and not reader.decrypt(""):
            raise ValueError("is encrypted; save a copy without its password")
    except (DependencyError, NotImplementedError):
        raise ValueError("is encrypted; save a copy without encryption") from None
    return reader


def _title(reader: PdfReader) -> str:
    found = reader.metadata.title if reader.metadata else None
    return found.strip() if isinstance(found, str) else ""


def _headings(reader: PdfReader) -> Headings:
    found: Headings = {}
    try:
        for level, title, number in _bookmarks(reader, reader.outline, 1):
            found.setdefault(number, []).append((level, title))
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}  # broken bookmarks are no reason to lose the text
    return found


def _bookmarks(reader: PdfReader, outline: Iterable[object], level: int) -> Iterator[tuple[int, str, int]]:
    for item in outline:
        if isinstance(item, list):
            yield from _bookmarks(reader, item, level + 1)
        elif (
            isinstance(item, Destination)
            and item.title
            and (number := reader.get_destination_page_number(item)) is not None
        ):
            yield level, str(item.title), number


def _text(pages: Sequence[Sequence[str]], headings: Headings) -> str:
    running = _running(pages)
    parts: list[str] = []
    for number, lines in enumerate(pages):
        parts += _sections(_body(lines, running), headings.get(number, []))
    return "\n\n".join(part for part in parts if part)


def _running(pages: Sequence[Sequence[str]]) -> set[str]:
    """First and last lines that most pages share, but for their numbers."""
    written = [lines for page in pages if (lines := [line for line in page if line])]
    if len(written) < RUNNING_PAGES:
        return set()
    counted = Counter(line for lines in written for line in {DIGITS.sub("#", edge) for edge in (lines[0], lines[-1])})
    return {line for line, count in counted.items() if count > RUNNING * len(written)}


def _body(lines: Sequence[str], running: set[str]) -> Sequence[str]:
    """A page's lines without its running head and foot."""
    written = [number for number, line in enumerate(lines) if line]
    if not written:
        return lines
    first, last = written[0], written[-1]
    start = first + 1 if DIGITS.sub("#", lines[first]) in running else first
    end = last if DIGITS.sub("#", lines[last]) in running else last + 1
    return lines[start:end]


def _sections(lines: Sequence[str], headings: Sequence[tuple[int, str]]) -> Iterator[str]:
    """A page's text, each heading in the place of the line that says it, or before the text."""
    left = list(headings)
    pending: list[str] = []
    for line in lines:
        said = next((n for n, (_, title) in enumerate(left) if _same(title, line)), None)
        if said is None:
            pending.append(line)
            continue
        yield markdown.paragraph(_unwrapped(pending))
        pending = []
        for level, title in left[: said + 1]:
            yield markdown.heading(level, title)
        left = left[said + 1 :]
    for level, title in left:
        yield markdown.heading(level, title)
    yield markdown.paragraph(_unwrapped(pending))


def _same(title: str, line: str) -> bool:
    """Whether a line is the heading that a bookmark names, perhaps with its number."""
    wanted, found = ("".join(text.casefold().split()) for text in (title, line))
    return bool(found) and (found == wanted or found.lstrip("0123456789.") == wanted)


def _unwrapped(lines: Sequence[str]) -> str:
    """Lines that were broken only because the page ended there, put together again."""
    full = FULL_LINE * max(map(len, lines), default=0)
    text, broken = "", False
    for line in lines:
        if not line:
            text, broken = text.rstrip() + "\n\n", False
            continue
        if broken and text.endswith("-") and line[0].islower():
            text = text[:-1] + line
        else:
            text += (" " if broken else "\n" if text and not text.endswith("\n") else "") + line
        broken = len(line) >= full and not line.endswith((".", "!", "?", ":"))
    return text.strip()
