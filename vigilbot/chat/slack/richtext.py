"""Markdown → rich text, Slack's tree of elements.

A rich-text element is never parsed: `<!channel>` in it is nine visible characters, a URL in it no link. So nothing
has to be escaped, and nothing a model or a page wrote can become a mention or a link; only what this module puts in
as an element of its own (a link to a cited source) acts. mrkdwn has no way to escape its marks, and the `markdown`
block reads mentions and links out of the text itself.
Shapes: docs.slack.dev/reference/block-kit/blocks/rich-text-block.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from vigilbot.chat.slack.text import size
from vigilbot.safety.outgoing import gated, without_mentions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it.token import Token

Element = dict[str, Any]

RUN_LIMIT = 2_500
"""UTF-16 units of one run of text; longer ones are split, so that blocks can be filled evenly."""
ELEMENT_COST = 8
MAX_INDENT = 8
INDENT = "\u00a0" * 4

# `[1]: …` at the start of a line is a citation here, never the definition of a link.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("reference")
_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}


def rich_text(markdown: str, links: frozenset[str] = frozenset()) -> list[Element]:
    """Sections, lists, quotes and preformatted pieces of a rich-text block. Only URLs in `links` stay links."""
    return list(_Writer(links).elements(_MARKDOWN.parse(markdown)))


def section(*runs: Element) -> Element:
    return {"type": "rich_text_section", "elements": list(runs)}


def run(text: str, **style: bool) -> Element:
    """One literal piece of text, which must not be empty."""
    element: Element = {"type": "text", "text": without_mentions(text)}
    return {**element, "style": style} if style else element


def link(url: str, text: str) -> Element:
    return {"type": "link", "url": url, "text": without_mentions(text)}


def weight(element: Element) -> int:
    """How much of a message's text budget an element uses, in UTF-16 units.

    Each element costs something of its own: thousands of tiny ones are as unwelcome as one long text.
    """
    own = ELEMENT_COST + size(element.get("text", "")) + size(element.get("url", ""))
    return own + sum(weight(child) for child in element.get("elements", []))


def said(elements: Iterable[Element]) -> str:
    """The words alone, as a notification shows them."""
    return "".join(element.get("text", "") + said(element.get("elements", [])) + _end(element) for element in elements)


def _end(element: Element) -> str:
    """Blocks other than sections end their line without saying so."""
    return "\n" if "elements" in element and element["type"] != "rich_text_section" else ""


class _Writer:
    """Walks the flat token list of markdown-it; lists carry their depth along."""

    def __init__(self, links: frozenset[str]) -> None:
        self._links = links

    def elements(self, tokens: Sequence[Token]) -> Iterator[Element]:
        at = 0
        while at < len(tokens):
            end = _closing(tokens, at)
            yield from self._block(tokens[at], tokens[at + 1 : end])
            at = end + 1

    def _block(self, token: Token, inner: Sequence[Token]) -> Iterator[Element]:
        match token.type:
            case "paragraph_open":
                yield from self._sections(inner)
            case "heading_open":
                yield from self._sections(inner, bold=True)
            case "bullet_list_open" | "ordered_list_open":
                yield from self._list(token, inner, indent=0)
            case "blockquote_open":
                yield {"type": "rich_text_quote", "elements": self._flat(inner)}
            case "table_open":
                yield from _preformatted(self._table(inner))
            case "fence" | "code_block":
                yield from _preformatted(token.content.rstrip("\n"))

    def _sections(self, inner: Sequence[Token], **style: bool) -> Iterator[Element]:
        runs = self._runs(inner, **style)
        if runs:
            # Slack sets sections close together; the empty line between paragraphs has to be said.
            yield section(*runs, run("\n"))

    def _flat(self, tokens: Sequence[Token]) -> list[Element]:
        """Everything inside as plain runs, one line a block: quotes and list items cannot hold blocks."""
        lines = [self._runs([token]) for token in tokens if token.type == "inline"]
        lines += [[run(token.content.rstrip("\n"), code=True)] for token in tokens if _is_code(token)]
        runs = [piece for line in lines if line for piece in (run("\n"), *line)]
        return runs[1:] or [run(" ")]

    def _list(self, opening: Token, inner: Sequence[Token], indent: int) -> Iterator[Element]:
        """Slack has no nested lists, only indents, and its numbering starts afresh after one: numbers are written."""
        number = int(opening.attrGet("start") or 1)
        for item in _items(inner):
            own, nested = _split_nested(item)
            if opening.type == "ordered_list_open":
                yield section(run(f"{INDENT * indent}{number}. "), *self._flat(own), run("\n"))
            else:
                yield {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "indent": min(indent, MAX_INDENT),
                    "elements": [section(*self._flat(own))],
                }
            number += 1
            for child_opening, child in nested:
                yield from self._list(child_opening, child, indent + 1)

    def _runs(self, tokens: Iterable[Token], **style: bool) -> list[Element]:
        runs: list[Element] = []
        url: str | None = None
        for child in chain.from_iterable(token.children or [] for token in tokens):
            kind, _, edge = child.type.rpartition("_")
            if kind in _STYLES:
                style = {**style, _STYLES[kind]: True} if edge == "open" else _less(style, _STYLES[kind])
            elif kind == "link":
                url = self._allowed(child) if edge == "open" else None
            elif url and child.content:
                runs.append(link(url, child.content))
            else:
                runs += self._run(child, style)
        return runs

    def _allowed(self, opening: Token) -> str | None:
        url = str(opening.attrGet("href") or "")
        return url if url in self._links else None

    def _run(self, token: Token, style: dict[str, bool]) -> list[Element]:
        match token.type:
            case "softbreak" | "hardbreak":
                return [run("\n")]
            case "code_inline":
                return [run(piece, **{**style, "code": True}) for piece in _pieces(token.content)]
            case "text" | "image":
                return [run(piece, **style) for piece in _pieces(gated(token.content, self._links, ""))]
            case _:
                return []

    def _table(self, tokens: Sequence[Token]) -> str:
        """Columns of equal width, as text: a message may hold only one real table."""
        rows: list[list[str]] = []
        for token in tokens:
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline" and rows:
                rows[-1].append("".join(piece["text"] for piece in self._runs([token])))
        widths = [max(map(len, column)) for column in zip(*rows, strict=False)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows
        )


def _preformatted(text: str) -> Iterator[Element]:
    for piece in _pieces(text):
        yield {"type": "rich_text_preformatted", "elements": [run(piece)]}


def _pieces(text: str) -> Iterator[str]:
    """The text in stretches that fit a run; cut at a line end where there is one."""
    while size(text) > RUN_LIMIT:
        head = text.encode("utf-16-le", "surrogatepass")[: 2 * RUN_LIMIT].decode("utf-16-le", "ignore")
        cut = head.rfind("\n") + 1 or head.rfind(" ") + 1 or len(head)
        yield text[:cut]
        text = text[cut:]
    if text:
        yield text


def _less(style: dict[str, bool], name: str) -> dict[str, bool]:
    return {key: value for key, value in style.items() if key != name}


def _is_code(token: Token) -> bool:
    return token.type in {"fence", "code_block"} and bool(token.content.strip())


def _closing(tokens: Sequence[Token], at: int) -> int:
    """Where the block that opens at `at` closes; itself when it opens nothing."""
    depth = 0
    for end in range(at, len(tokens)):
        depth += tokens[end].nesting
        if depth <= 0:
            return end
    return len(tokens) - 1


def _items(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    at = 0
    while at < len(tokens):
        end = _closing(tokens, at)
        yield tokens[at + 1 : end]
        at = end + 1


def _split_nested(item: Sequence[Token]) -> tuple[list[Token], list[tuple[Token, Sequence[Token]]]]:
    """An item's own tokens, and the lists inside it."""
    own: list[Token] = []
    nested: list[tuple[Token, Sequence[Token]]] = []
    at = 0
    while at < len(item):
        end = _closing(item, at)
        if item[at].type in {"bullet_list_open", "ordered_list_open"}:
            nested.append((item[at], item[at + 1 : end]))
        else:
            own += item[at : end + 1]
        at = end + 1
    return own, nested
