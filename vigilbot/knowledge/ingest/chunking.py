"""Documents to passages that the encoder reads whole: cut along the structure, each with its heading path as title."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from vigilbot.embedding.graph import MAX_TOKENS
from vigilbot.embedding.tokens import load_tokenizer
from vigilbot.knowledge.ingest.cutting import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from markdown_it.token import Token

CHUNKING = 2
"""Raised whenever the same document would be cut differently, or cleaned otherwise: documents are then read anew."""

CAPACITY = MAX_TOKENS - 2
"""Tokens of title and text together; the encoder adds a first and a last one."""

LONGEST_HEADING = 1_000
BETWEEN = " > "
FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
FRONT_TITLE = re.compile(r"^title:[ \t]*+(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Piece:
    """One passage of a document, with its heading path as title."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list, table, code block … of a section, as it stands in the source."""

    kind: str
    text: str


class Chunker:
    """Cuts for the bundled encoder's 256 tokens; other embedders read at least as far."""

    def __init__(self) -> None:
        self._tokenizer = load_tokenizer()
        self._tokenizer.no_truncation()
        # Only headings are read word by word: brackets and stars by the thousand, in a page's text, cost minutes.
        self._parser = MarkdownIt("commonmark").enable("table").disable("inline")

    def markdown(self, text: str, name: str) -> list[Piece]:
        """Sections under their heading path; `name` stands for a document that has no title of its own."""
        title = name
        if front := FRONT_MATTER.match(text):
            found = FRONT_TITLE.search(front[1])
            title = (found[1].strip().strip("\"'") if found else "") or name
            text = text[front.end() :]
        defined: dict[str, Any] = {}
        tokens = self._parser.parse(text, defined)
        return [
            Piece(heading, piece)
            for heading, blocks in _sections(tokens, text.split("\n"), title, partial(self._words, defined=defined))
            for piece in self._packed(blocks, self._room(heading))
        ]

    def plain(self, text: str, title: str) -> list[Piece]:
        """Text that fits stays whole; longer text is cut between paragraphs, sentences or words."""
        return [Piece(title, part) for part in cut(text, self._tokenizer, self._room(title))]

    def _words(self, heading: str, *, defined: dict[str, Any]) -> str:
        """A heading as a reader sees it; `defined` are the document's link definitions."""
        pieces: list[Token] = []
        self._parser.inline.parse(heading[:LONGEST_HEADING], self._parser, defined, pieces)
        return "".join(piece.content for piece in pieces).strip()

    def tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    def _room(self, title: str) -> int:
        return max(CAPACITY - self.tokens(title), CAPACITY // 2)

    def _packed(self, blocks: Iterable[Block], room: int) -> Iterator[str]:
        """Neighbouring blocks together as far as they fit; only what is too long alone is cut."""
        packed, used = list[str](), 0
        for block in blocks:
            size = self.tokens(block.text)
            if packed and used + size > room:
                yield "\n\n".join(packed)
                packed, used = [], 0
            if size > room:
                yield from self._cut_block(block, room)
            else:
                packed.append(block.text)
                used += size
        if packed:
            yield "\n\n".join(packed)

    def _cut_block(self, block: Block, room: int) -> Iterator[str]:
        lines = block.text.split("\n")
        if block.kind == "table_open":
            yield from self._cut_lines(lines[2:], lines[:2], [], room)
        elif block.kind == "fence":
            yield from self._cut_lines(lines[1:-1], lines[:1], lines[-1:], room)
        else:
            yield from cut(block.text, self._tokenizer, room)

    def _cut_lines(self, lines: list[str], before: list[str], after: list[str], room: int) -> Iterator[str]:
        """Rows of a table or lines of code, each part under the table's header or between the code's fences."""
        room -= self.tokens("\n".join(before + after))
        part, used = list[str](), 0
        for line in lines:
            size = self.tokens(line)
            if part and used + size > room:
                yield "\n".join([*before, *part, *after])
                part, used = [], 0
            part.append(line)
            used += size
        if part:
            yield "\n".join([*before, *part, *after])


def _sections(
    tokens: list[Token], lines: list[str], name: str, words: Callable[[str], str]
) -> Iterator[tuple[str, list[Block]]]:
    """(heading path, blocks) of every section that says anything; `words` reads a heading."""
    path: list[tuple[int, str]] = []
    blocks: list[Block] = []
    for position, token in enumerate(tokens):
        if token.level or not token.map:
            continue
        if token.type == "heading_open":
            if blocks:
                yield _heading_path(path, name), blocks
            level = int(token.tag[1:])
            path = [*(above for above in path if above[0] < level), (level, words(tokens[position + 1].content))]
            blocks = []
        elif token.type != "hr":
            blocks.append(Block(token.type, "\n".join(lines[slice(*token.map)]).rstrip()))
    if blocks:
        yield _heading_path(path, name), blocks


def _heading_path(path: list[tuple[int, str]], name: str) -> str:
    """A document that opens with a heading of the first level is called by it, any other by its name."""
    headings = [text for _, text in path if text]
    return BETWEEN.join(headings if path and path[0][0] == 1 else [name, *headings])
