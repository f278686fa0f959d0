"""What may leave: no mention token, no link that is not a cited source. In code, whatever a model or a page says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

CONTROL = re.compile(r"<(?=[!@#])")
"""Opens Slack's control sequences: `<!channel>`, `<@U…>`, `<!subteam^S…>`, `<#C…|name>`."""
# Chinese and Japanese are written without blanks and their letters are `\w`, so no `\b` stands before or after a token.
BROADCAST = re.compile(r"[@＠](?=(?:channel|here|everyone|all)(?![a-z0-9_]))", re.IGNORECASE)
# Quantifiers are bounded or possessive: on hostile text an open one would scan to the end from every position.
MARKDOWN_LINK = re.compile(r"!?\[([^\]\n]{0,300})\]\(\s*+<?((?:[^()\s<>]|\([^()\s<>]*+\))++)>?[^()\n]*+\)")
ANGLE_LINK = re.compile(r"<((?:[a-z][a-z0-9+.-]{0,20}:)[^<>|\s]+)(?:\|([^<>]*))?>", re.IGNORECASE)
BARE_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,20}://|(?<![a-z0-9])www\.|(?<![a-z0-9_])(?:mailto|tel|data|javascript):)"
    r"[^\s<>\"'`，。；：！？、（）【】《》「」]+",
    re.IGNORECASE,
)
TRAILING = ".,;:!?)]}…»”’"
INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
WORD_JOINER = "\u2060"
REMOVED = "[link removed]"


def gated(text: str, cited: Collection[str], quoted: str) -> str:
    """The text with every mention token made inert and every link removed that is not in `cited`.

    `cited` holds the URLs of the cited sources. A link that stands word for word in `quoted` (the text of the cited
    passages) is kept as inert code text without its scheme, so that a quotation stays readable but nothing can be
    clicked that is not a source.
    """
    text = INVISIBLE.sub("", text)
    text = ANGLE_LINK.sub(lambda link: _judged(link[1], link[2] or "", cited, quoted), text)
    text = MARKDOWN_LINK.sub(lambda link: _judged(link[2], link[1], cited, quoted), text)
    text = BARE_LINK.sub(lambda link: _bare(link[0], cited, quoted), text)
    return without_mentions(text)


def without_mentions(text: str) -> str:
    """Mention tokens stay readable and notify nobody."""
    return BROADCAST.sub("@" + WORD_JOINER, CONTROL.sub("<" + WORD_JOINER, text))


def _judged(url: str, label: str, cited: Collection[str], quoted: str) -> str:
    if url in cited:
        return url if label in ("", url) else f"{label} ({url})"
    kept = _inert(url, quoted)
    return " ".join(part for part in (label if label != url else "", kept) if part)


def _bare(found: str, cited: Collection[str], quoted: str) -> str:
    url = found.rstrip(TRAILING)
    rest = found[len(url) :]
    return (url if url in cited else _inert(url, quoted)) + rest


def _inert(url: str, quoted: str) -> str:
    """A link that a quoted passage contains, as plain code text; any other is removed."""
    if url not in quoted or not url.lower().startswith(("http://", "https://", "www.")):
        return REMOVED
    return f"`{re.sub('^https?://', '', url, flags=re.IGNORECASE)}`"
