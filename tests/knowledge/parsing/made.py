"""Documents of every kind, made where they are needed."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import docx
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docx.document import Document


def pdf(
    *pages: Sequence[str],
    bookmarks: Sequence[tuple[str, int]] = (),
    locked_with: str | None = None,
    maps: Mapping[str, str] | None = None,
) -> bytes:
    """Lines of text on each page; bookmarks as (title, page number); encrypted when `locked_with` is given.

    `maps`: what the font says a letter means, as UTF-16 in hex.
    """
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    if maps:
        pairs = "\n".join(f"<{ord(letter):02X}> <{meant}>" for letter, meant in maps.items())
        table = DecodedStreamObject()
        table.set_data(f"begincmap\n{len(maps)} beginbfchar\n{pairs}\nendbfchar\nendcmap".encode())
        font[NameObject("/ToUnicode")] = writer._add_object(table)
    for lines in pages:
        page = writer.add_blank_page(612, 792)
        shown = " ".join(f"({line}) Tj T*" for line in lines)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 11 Tf 14 TL 72 720 Td {shown} ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
    for title, number in bookmarks:
        writer.add_outline_item(title=title, page_number=number)
    if locked_with is not None:
        writer.encrypt(locked_with, algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def word(document: Document) -> bytes:
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def manual() -> Document:
    """Heading, paragraph, list, table."""
    document = docx.Document()
    document.add_heading("Gateway", 1)
    document.add_paragraph("The gateway listens on port 7411.")
    document.add_heading("Limits", 2)
    for item in ("ten calls a second", "one gigabyte a day"):
        document.add_paragraph(item, style="List Bullet")
    table = document.add_table(rows=0, cols=2)
    for cells in (("Plan", "Price | month"), ("Small", "five"), ("Large", "nine")):
        for cell, text in zip(table.add_row().cells, cells, strict=True):
            cell.text = text
    return document


def archive(**parts: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()
