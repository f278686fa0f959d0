"""Bytes to text, in whatever encoding they were written."""

from __future__ import annotations

import codecs
import re

from vigilbot.knowledge.texts import CONTROL

MOST_CONTROL = 0.01
"""Share of control characters above which bytes that are not UTF-8 are taken for binary."""

CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
CHARSET_WITHIN = 4096
"""Bytes of a page within which browsers, too, look for its charset (HTML standard: 1024; some pages are late)."""


def decoded(content: bytes, charset: str = "") -> str:
    """UTF-16 with its mark, UTF-8, `charset`, or Windows-1252 (Latin-1 with quotes): the first that fits.

    Raises ValueError when it is not text.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded_as("utf-16", content)
    if b"\0" in content:
        raise ValueError("is binary, not text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _decoded_as(charset if _is_text_codec(charset) else "cp1252", content)
    if len(CONTROL.findall(text)) > MOST_CONTROL * len(text):
        raise ValueError("is binary, not text")
    return text


def charset_of_page(content: bytes) -> str:
    """What an HTML page says of itself; empty when it says nothing."""
    found = CHARSET.search(content, 0, CHARSET_WITHIN)
    return found[1].decode("ascii", "replace") if found else ""


def _is_text_codec(name: str) -> bool:
    try:
        return bool(name) and isinstance("".encode(codecs.lookup(name).name), bytes)
    except (LookupError, ValueError):  # also `hex`, `rot13` and the like, which are no encodings of text
        return False


def _decoded_as(encoding: str, content: bytes) -> str:
    try:
        return content.decode(encoding)
    except UnicodeError:
        raise ValueError("is binary, or text in an unknown encoding; save it as UTF-8") from None
