"""Files to text. Every fault is an IngestError of one line that names the file."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from vigilbot.errors import IngestError
from vigilbot.knowledge.texts import CONTROL, normalised

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.knowledge.chunking import Chunker, Piece

MARKDOWN = {".md", ".markdown"}
HTML = {".html", ".htm"}
PLAIN = {".txt"}

MOST_BYTES = 16 * 1024 * 1024
"""Of one Markdown, HTML or text file. Larger ones are logs or dumps, not documentation."""

MOST_CONTROL = 0.01
"""Share of control characters above which a file that is not UTF-8 is taken for binary."""


def read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise IngestError(
                f"{path}: too large ({size / 2**20:.0f} MB, the limit is {MOST_BYTES // 2**20} MB); split it"
            )
        return path.read_bytes()
    except OSError as error:
        raise IngestError(f"{path}: cannot be read ({error.strerror or error})") from None


def decoded(content: bytes, path: Path) -> str:
    """UTF-8, UTF-16 with its mark, or Windows-1252 (Latin-1 with quotes) when that looks like text."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded_as("utf-16", content, path)
    if b"\0" in content:
        raise IngestError(f"{path}: is binary, not text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _decoded_as("cp1252", content, path)
    if len(CONTROL.findall(text)) > MOST_CONTROL * len(text):
        raise IngestError(f"{path}: is binary, not text")
    return text


def _decoded_as(encoding: str, content: bytes, path: Path) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise IngestError(f"{path}: is binary, or text in an unknown encoding; save it as UTF-8") from None


def pieces_of(content: bytes, path: Path, chunker: Chunker) -> list[Piece]:
    """The passages of a document. Raises IngestError when there are none."""
    text = normalised(decoded(content, path))
    name = path.stem
    if path.suffix.lower() in HTML:
        title, text = _html_to_markdown(text, path)
        name = title or name
    pieces = chunker.plain(text, name) if path.suffix.lower() in PLAIN else chunker.markdown(text, name)
    if not pieces:
        raise IngestError(f"{path}: holds no text")
    return pieces


def _html_to_markdown(html: str, path: Path) -> tuple[str, str]:
    """(title, the page's main content as Markdown, without navigation and footers)."""
    import trafilatura  # noqa: PLC0415  # a fifth of a second and 27 MB that only HTML needs

    try:
        markdown = trafilatura.extract(html, output_format="markdown", include_formatting=True, include_comments=False)
        metadata = trafilatura.extract_metadata(html)
    except Exception as error:  # parsers of broken HTML raise whatever they stumble over
        raise IngestError(f"{path}: cannot be read as HTML ({error})") from error
    if not markdown:
        raise IngestError(f"{path}: holds no readable text")
    return (metadata.title or "" if metadata else ""), normalised(markdown)
