"""A web page's title and main content as Markdown, without navigation and footers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trafilatura
from trafilatura.metadata import extract_title

if TYPE_CHECKING:
    from collections.abc import Callable


def read(content: bytes, page: Callable[[], None]) -> tuple[str, str]:
    """(title, text) of UTF-8 HTML. Raises ValueError in words for a person, or what a parser stumbles over."""
    html = content.decode("utf-8")
    tree = trafilatura.load_html(html)
    if tree is None:  # it takes what does not begin as a page does for something else
        tree = trafilatura.load_html(f"<html>{html}</html>")
    if tree is None:
        raise ValueError("cannot be read as HTML")
    title = extract_title(tree) or ""
    text = trafilatura.extract(tree, output_format="markdown", include_formatting=True, include_comments=False)
    if not text:
        raise ValueError("holds no readable text")
    page()
    return title, text
