"""What cannot be read: one line that names it, and nothing else is lost."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.knowledge.ingested import best, counts, write_rows
from vigilbot.errors import IngestError
from vigilbot.knowledge.ingest import corpus
from vigilbot.knowledge.ingest.ingesting import ingest

if TYPE_CHECKING:
    from collections.abc import Callable

    from vigilbot.knowledge.local import LocalKnowledge


def _too_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(200 * 1024**2)


BAD: list[tuple[str, Callable[[Path], object], str]] = [
    ("binary.md", lambda path: path.write_bytes(b"\x7fELF\x00\x01"), "is binary, not text"),
    ("noise.txt", lambda path: path.write_bytes(bytes(range(1, 256)) * 4), "is binary"),
    ("empty.md", lambda path: path.write_text(" \n"), "holds no text"),
    ("empty.jsonl", lambda path: path.write_text("\n"), "holds no entry"),
    ("blank.html", lambda path: path.write_text("<html><body></body></html>"), "holds no readable text"),
    ("large.txt", _too_large, "too large"),
    ("cut.jsonl", lambda path: path.write_text('{"text": "a"}\n{"text": '), "line 2: is not JSON"),
    ("list.jsonl", lambda path: path.write_text('{"text": "a"}\n\n[1]\n'), "line 3: must be a JSON object, not list"),
    ("keys.jsonl", lambda path: path.write_text('{"body": "a"}\n'), "line 1: the key `text` is missing"),
    ("pair.jsonl", lambda path: path.write_text('{"question": 1, "answer": "a"}\n'), "`question` must be a string"),
    ("title.jsonl", lambda path: path.write_text('{"text": "a", "title": []}\n'), "`title` must be a string"),
    ("fake.jsonl.gz", lambda path: path.write_text("plain"), "cannot be read"),
    ("half.jsonl.gz", lambda path: path.write_bytes(gzip.compress(b'{"text": "a"}\n' * 9)[:-12]), "cannot be read"),
    ("odd.xlsx", lambda path: path.write_text("x"), "not a kind of file that can be read"),
    ("odd.docx", lambda path: path.write_text("x"), "is not a Word document"),
    ("large.pdf", _too_large, "too large (200 MB, the limit is 64 MB)"),
    ("missing.md", Path.exists, "no such file or folder"),
    ("folder", lambda path: path.mkdir(), "holds no file that can be read"),
]


@pytest.mark.parametrize(("name", "make", "fault"), BAD, ids=[name for name, _, _ in BAD])
async def test_bad_input_is_one_line_that_names_it(
    knowledge: LocalKnowledge, tmp_path: Path, name: str, make: Callable[[Path], object], fault: str
) -> None:
    path = tmp_path / name
    make(path)

    with pytest.raises(IngestError) as caught:
        await ingest(knowledge, [path])

    assert str(path) in str(caught.value)
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)
    assert await knowledge.count() == 0


async def test_only_web_addresses_are_pages(knowledge: LocalKnowledge) -> None:
    with pytest.raises(IngestError, match=r"^ftp://host/x: only addresses that begin with http:// or https://"):
        await ingest(knowledge, ["ftp://host/x"])


async def test_a_broken_file_in_a_folder_is_told_and_the_others_are_read(
    knowledge: LocalKnowledge, tmp_path: Path
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_bytes(b"\x00binary")
    (docs / "b.md").write_text("# B\n\nreadable")
    (docs / "c.jsonl").write_text('{"text": "a"}\n{"body": "b"}\n')

    report = await ingest(knowledge, [docs])

    assert counts(report) == (1, 0, 0, 0)
    assert report.text().splitlines() == [
        "1 file read: 1 entry added, 0 replaced, 0 retired, 0 unchanged",
        "skipped docs/c.jsonl: line 2: the key `text` is missing; a row needs `text`, or `question` and `answer`",
        "skipped docs/a.md: is binary, not text",
    ]


async def test_a_folder_of_ten_thousand_files_is_read_to_its_end_and_told_in_short(
    knowledge: LocalKnowledge, tmp_path: Path
) -> None:
    for number in range(10_000):
        place = tmp_path / "docs" / f"{number % 100:02}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.txt").write_text(f"Relay {number} trips at noon." if number % 1_000 == 0 else "")
    told: list[tuple[int, int]] = []

    report = await ingest(knowledge, [tmp_path / "docs"], follow=lambda done, total, _: told.append((done, total)))

    assert (report.files, counts(report), len(report.skipped)) == (10, (10, 0, 0, 0), 9_990)
    assert told == sorted(told)
    assert told[-1] == (10_000, 10_000)
    assert len(report.text().splitlines()) < 25
    assert "Relay 9000" in (await best(knowledge, "when does relay 9000 trip?")).text


async def test_a_line_too_long_is_refused(
    knowledge: LocalKnowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "MOST_LINE_BYTES", 100)
    file = write_rows(tmp_path / "c.jsonl", {"text": "short"}, {"text": "long" * 100})

    with pytest.raises(IngestError, match="line 2: longer than"):
        await ingest(knowledge, [file])
