"""Any document to text, or one line that says why not; whatever it does, it does to a child."""

from __future__ import annotations

import asyncio
import json
import os
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import docx
import psutil
import pytest
import pytest_asyncio

from tests.knowledge.parsing.made import archive, manual, pdf, word
from vigilbot.errors import IngestError
from vigilbot.knowledge.parsing import parsers as parsing
from vigilbot.knowledge.parsing import wire
from vigilbot.knowledge.parsing.parsers import Parsed, Parsers
from vigilbot.knowledge.parsing.reader import Reader, TimeLimit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECURITY = Path(__file__).parents[4] / "shared" / "data" / "security"
MALFORMED = SECURITY / "pdf" / "malformed.tar.gz"
XML_ATTACKS = SECURITY / "markup" / "xml_svg_attacks.jsonl"
SECONDS = 5.0

WIDE = "The service keeps its records for ninety days and then removes them from every copy that"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parsers() -> AsyncIterator[Parsers]:
    async with Parsers() as opened:
        yield opened


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_word_keeps_headings_lists_and_tables(parsers: Parsers) -> None:
    parsed = await parsers.text_of(word(manual()), "manual.docx")

    assert parsed == Parsed(
        "manual",
        "# Gateway\n\nThe gateway listens on port 7411.\n\n## Limits\n\n- ten calls a second\n- one gigabyte a day\n\n"
        "| Plan | Price \\| month |\n| --- | --- |\n| Small | five |\n| Large | nine |",
        markdown=True,
    )


async def test_whoever_reads_strangers_documents_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-the-test")
    reader = await Reader.start()
    try:
        [child] = [one for one in psutil.Process().children() if one.pid == reader._process.pid]
        assert "SLACK_BOT_TOKEN" not in child.environ()
        assert await reader.read(wire.PDF, pdf(["Hello."]), TimeLimit()) == ("", "Hello.")
    finally:
        await reader.end()


async def test_half_a_surrogate_pair_costs_no_more_than_itself(parsers: Parsers) -> None:
    """Fonts in the wild map a glyph to half a character; the rest of the document is still text."""
    parsed = await parsers.text_of(pdf(["Port A7411 is open."], maps={"A": "D835"}), "fonts.pdf")
    assert "7411 is open." in parsed.text


async def test_a_pdf_has_its_bookmarks_as_headings_and_no_running_heads(parsers: Parsers) -> None:
    pages = [["Acme Handbook", f"{n}. Part {n}", WIDE, "exists.", f"Page {n} of 6"] for n in range(1, 7)]

    parsed = await parsers.text_of(pdf(*pages, bookmarks=[(f"Part {n + 1}", n) for n in range(6)]), "h.pdf")

    assert parsed.text.startswith(f"# Part 1\n\n{WIDE} exists.\n\n# Part 2\n\n")
    assert "Handbook" not in parsed.text
    assert "Page 3" not in parsed.text


async def test_html_loses_its_menus_and_keeps_its_charset(parsers: Parsers) -> None:
    page = (
        '<html><head><meta charset="iso-8859-2"><title>Poplatky</title></head><body><nav><a href="/">Domů</a></nav>'
        f"<article><h1>Poplatky</h1><p>{'Poplatek činí pět korun a platí se převodem. ' * 8}</p></article></body>"
    )

    parsed = await parsers.text_of(page.encode("iso-8859-2"), "https://host/path?x=1", "text/html")

    assert parsed.title == "Poplatky"
    assert "Poplatek činí pět korun" in parsed.text
    assert "Domů" not in parsed.text


async def test_what_a_server_does_not_know_is_told_by_its_name(parsers: Parsers) -> None:
    assert (await parsers.text_of(b"# T", "a/readme.md", "text/plain; charset=utf-8")).markdown
    assert (await parsers.text_of("Straße".encode("latin-1"), "note", "text/plain; charset=latin-1")).text == "Straße"
    with pytest.raises(IngestError, match=r"^x\.zip: not a kind of document"):
        await parsers.text_of(b"PK", "x.zip", "application/zip")


BOMB = archive(**{"word/document.xml": b"\0" * (20 * 1024**2)})
FAULTS = [
    ("secret.pdf", pdf(["hidden"], locked_with="open sesame"), "is encrypted"),
    ("scan.pdf", pdf([], []), "only pictures of it"),
    ("cut.pdf", pdf(["some text"])[:200], "is damaged"),
    ("noise.pdf", b"\x00\x01" * 500, "is damaged"),
    ("bomb.docx", BOMB, "unpacks to far more than a document does"),
    ("nothing.docx", word(docx.Document()), "holds no text"),
    ("old.docx", b"\xd0\xcf\x11\xe0" + b"x" * 600, "before 2007"),
    ("empty.docx", archive(**{"a.txt": b"a"}), "is damaged"),
    ("blank.html", b"<html><body></body></html>", "holds no readable text"),
]


@pytest.mark.parametrize(("name", "content", "fault"), FAULTS, ids=[name for name, _, _ in FAULTS])
async def test_a_fault_is_one_line_that_names_the_document(
    parsers: Parsers, name: str, content: bytes, fault: str
) -> None:
    with pytest.raises(IngestError) as caught:
        await parsers.text_of(content, name)

    assert str(caught.value).startswith(f"{name}: ")
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_pdf_that_only_forbids_printing_is_read(parsers: Parsers) -> None:
    assert "readable" in (await parsers.text_of(pdf(["readable by all"], locked_with=""), "a.pdf")).text


async def test_malformed_pdfs_give_text_or_a_fault_in_time_and_memory(parsers: Parsers) -> None:
    with tarfile.open(MALFORMED) as packed:
        members = [member for member in packed if member.isfile()]
        contents = [(member.name, file.read()) for member in members if (file := packed.extractfile(member))]
    assert len(contents) > 70
    read, faults = 0, list[str]()
    for name, content in contents:
        start = time.perf_counter()
        try:
            read += bool((await parsers.text_of(content, name, "application/pdf")).text)
        except IngestError as fault:
            faults.append(str(fault))
        assert time.perf_counter() - start < SECONDS
    assert read > 15
    assert not any("\n" in fault for fault in faults)


async def test_xml_attacks_read_no_file_and_expand_nothing(parsers: Parsers) -> None:
    attacks = [json.loads(line)["xml"] for line in XML_ATTACKS.read_text("utf-8").splitlines()]
    for attack in attacks:
        start = time.perf_counter()
        try:
            text = (await parsers.text_of(attack.encode("utf-8", "replace"), "a.html")).text
        except IngestError:
            continue
        finally:
            assert time.perf_counter() - start < SECONDS
        assert "root:" not in text
        assert len(text) < 10 * len(attack) + 1000


async def test_a_child_can_open_neither_files_nor_connections_nor_much_memory(parsers: Parsers) -> None:
    reader = await Reader.start()
    child = psutil.Process(reader._process.pid)

    assert child.rlimit(psutil.RLIMIT_AS)[1] == 512 * 1024**2
    assert child.rlimit(psutil.RLIMIT_NOFILE)[1] == child.num_fds() == 3
    assert child.memory_info().rss < 150 * 1024**2
    assert (await reader.read(wire.HTML, b"<h1>a</h1><p>text of it</p>", TimeLimit()))[1]
    await reader.end()


async def test_what_takes_too_long_is_given_up_and_the_next_is_read(parsers: Parsers) -> None:
    async with Parsers(TimeLimit(seconds=0.01, most=0.01)) as hasty:
        with pytest.raises(IngestError, match="takes too long"):
            await hasty.text_of(pdf(*[[WIDE] * 40] * 60), "long.pdf")

    async with Parsers(TimeLimit(seconds=0.3, per_page=0.5, most=60.0)) as patient:
        await patient.text_of(pdf(["warm"]), "a.pdf")
        assert (await patient.text_of(pdf(*[[WIDE] * 40] * 200), "long.pdf")).text.count("ninety") > 7000


async def test_a_child_that_dies_harms_nobody(parsers: Parsers) -> None:
    await parsers.text_of(b"<h1>a</h1><p>text of it</p>", "a.html")
    [reader, *_] = parsers._idle
    os.kill(reader._process.pid, 9)

    with pytest.raises(IngestError, match="its reader died"):
        for _ in range(2):
            await parsers.text_of(b"<h1>a</h1><p>text of it</p>", "a.html")
    assert (await parsers.text_of(b"<h1>a</h1><p>text of it</p>", "a.html")).text


async def test_children_are_reused_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "READERS", 2)
    async with Parsers() as several:
        await asyncio.gather(*(several.text_of(b"<h1>a</h1><p>text</p>", f"{n}.html") for n in range(20)))
        pids = [reader._process.pid for reader in several._idle]
    assert len(pids) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)
