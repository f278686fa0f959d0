"""A Word document as Markdown: headings, lists, tables and code keep their form."""

from __future__ import annotations

import itertools
import re
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Literal

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.table import Table

from vigilbot.knowledge.parsing import markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docx.document import Document
    from docx.text.paragraph import Paragraph

MOST_UNPACKED = 128 * 1024 * 1024
MOST_PARTS = 5_000
MOST_RATIO = 200
"""Times that a part may grow when unpacked. Office files compress about ten times; a bomb, a thousand times."""

FROM_BYTES = 1024 * 1024
"""Unpacked size from which on the ratio is looked at."""

HEADING = re.compile(r"heading ?(\d)", re.IGNORECASE)
CODE = re.compile(r"code|preformatted|verbatim", re.IGNORECASE)


def read(content: bytes, page: Callable[[], None]) -> tuple[str, str]:
    """(title, text). Raises ValueError in words for a person, or what the parser stumbles over."""
    _check_sizes(content)
    document = docx.Document(BytesIO(content))
    text = "\n\n".join(_blocks(document))
    if not text.strip():
        raise ValueError("holds no text")
    page()
    return document.core_properties.title or "", text


def _check_sizes(content: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile:
        if content.startswith(b"\xd0\xcf\x11\xe0"):  # OLE2: what Word encrypts, and what it wrote before 2007
            raise ValueError("is encrypted, or of Word before 2007; save it anew as .docx without a password") from None
        raise ValueError("is not a Word document, or damaged") from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise ValueError(f"unpacks to more than {MOST_UNPACKED // 2**20} MB; not read")
    if any(part.file_size > max(FROM_BYTES, MOST_RATIO * part.compress_size) for part in parts):
        raise ValueError("unpacks to far more than a document does; not read")


def _blocks(document: Document) -> Iterator[str]:
    """The document piece by piece; neighbouring lines of code are one, and so are the items of a list."""
    styled = any(rel.reltype == RELATIONSHIP_TYPE.STYLES for rel in document.part.rels.values())
    pieces = (_piece(block, styled=styled) for block in document.iter_inner_content())
    for kind, group in itertools.groupby(pieces, key=lambda piece: piece[0]):
        texts = [text for _, text in group]
        if kind == "code":
            yield markdown.code(texts)
        elif kind == "item":
            yield "\n".join(texts)
        else:
            yield from filter(None, texts)


def _piece(block: Paragraph | Table, *, styled: bool) -> tuple[Literal["code", "item", "other"], str]:
    if isinstance(block, Table):
        return "other", markdown.table(_rows(block))
    style = _style(block, styled=styled)
    if CODE.search(style):
        return "code", block.text
    if item := _list_item(block, style):
        return "item", item
    return "other", _paragraph(block, style) if block.text.strip() else ""


def _style(paragraph: Paragraph, *, styled: bool) -> str:
    """The style's name; its id where the document brings no styles along."""
    if styled and paragraph.style is not None:
        return paragraph.style.name or ""
    return paragraph._p.style or ""  # noqa: SLF001  # python-docx gives the id nowhere else


def _paragraph(paragraph: Paragraph, style: str) -> str:
    if style.casefold() == "title":
        return markdown.heading(1, paragraph.text)
    if found := HEADING.match(style):
        return markdown.heading(int(found[1]), paragraph.text)
    return markdown.paragraph(paragraph.text)


def _list_item(paragraph: Paragraph, style: str) -> str:
    """The paragraph as an item of a list, or nothing."""
    text = markdown.SPACE.sub(" ", paragraph.text).strip()
    numbering = paragraph._p.find(f"{qn('w:pPr')}/{qn('w:numPr')}")  # noqa: SLF001  # in its interface nowhere else
    if not text or HEADING.match(style) or not (style.startswith("List") or numbering is not None):
        return ""
    level = numbering.find(qn("w:ilvl")) if numbering is not None else None
    depth = int(level.get(qn("w:val"), "0")) if level is not None else 0
    return f"{'  ' * min(depth, 8)}{'1.' if 'Number' in style else '-'} {text}"


def _rows(table: Table) -> list[list[str]]:
    """Cells' texts; a cell that spans columns counts once."""
    rows = []
    for row in table.rows:
        cells = {id(cell._tc): cell.text for cell in row.cells}  # noqa: SLF001  # what tells a spanning cell
        rows.append(list(cells.values()))
    return rows
