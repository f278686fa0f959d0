"""Which kind of document something is, by its name or by what a web server calls it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal

Kind = Literal["markdown", "html", "plain", "pdf", "docx"]

SUFFIXES: dict[str, Kind] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".txt": "plain",
    ".pdf": "pdf",
    ".docx": "docx",
}
MIMETYPES: dict[str, Kind] = {
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "plain",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}
GENERAL = {"", "application/octet-stream", "binary/octet-stream", "text/plain"}
"""What servers say of what they do not know; a file name tells more then."""

MOST_BYTES: dict[Kind, int] = {
    "markdown": 16 * 1024**2,
    "html": 16 * 1024**2,
    "plain": 16 * 1024**2,
    "pdf": 64 * 1024**2,
    "docx": 64 * 1024**2,
}
"""Of one document. Larger text is a log or a dump, not documentation; PDF and Word carry their pictures along."""


def kind_of(name: str, mimetype: str | None = None) -> Kind | None:
    """None when it is of no kind that can be read. `mimetype` may carry parameters."""
    by_name = SUFFIXES.get(PurePath(name).suffix.lower())
    said = (mimetype or "").partition(";")[0].strip().lower()
    if said in GENERAL:
        return by_name or MIMETYPES.get(said)
    return MIMETYPES.get(said)
