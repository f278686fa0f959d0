"""JSONL dialogues: what is odd is said line by line, and the rest is read."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from vigilbot.errors import IngestError
from vigilbot.learning.history import dialogues
from vigilbot.learning.history.dialogues import DialogueFile
from vigilbot.learning.history.records import Fault, Left, Thread

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.learning.history.records import Found

NOW = 1_700_000_000.0
SAID = [{"role": "customer", "author": "carol", "text": "why?"}, {"role": "analyst", "author": "ann", "text": "so."}]


def read(path: Path) -> list[Found]:
    with closing(DialogueFile(path, NOW)) as file:
        return list(file.read())


def test_plain_and_gzip_say_the_same(tmp_path: Path) -> None:
    rows = (json.dumps({"id": name, "dialogue": SAID}) for name in ("a b/1", 2))
    content = "\n\n".join(rows).encode()
    (tmp_path / "old.jsonl").write_bytes(content)
    (tmp_path / "old.jsonl.gz").write_bytes(gzip.compress(content))
    first, second = read(tmp_path / "old.jsonl")
    assert read(tmp_path / "old.jsonl.gz") == [first, second]
    assert isinstance(first, Thread)
    assert isinstance(second, Thread)
    assert second.place.session_id == "import-old-2"
    assert first.place.session_id.startswith("import-old-a_b_1~")
    assert [(line.role, line.author, line.text) for line in first.lines] == [
        ("customer", "carol", "why?"),
        ("analyst", "ann", "so."),
    ]
    assert all(line.posted_at <= NOW for line in first.lines)


def test_times_are_numbers_or_dates_and_nonsense_is_no_time(tmp_path: Path) -> None:
    times = [1_600_000_000, "2020-09-13T12:27:40+00:00", "yesterday", 1e300]
    said = [{"role": "customer", "text": "words", "at": at} for at in times]
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "1", "dialogue": said}))
    [thread] = read(tmp_path / "a.jsonl")
    assert isinstance(thread, Thread)
    assert [line.posted_at - 1_600_000_000 for line in thread.lines] == [0.0, 60.0, 120.0, 180.0]


def test_odd_lines_are_named_and_the_rest_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogues, "LONGEST_ROW", 2_000)
    rows = [
        "{oops",
        "[1]",
        json.dumps({"id": "1"}),
        json.dumps({"id": "1", "dialogue": [{"role": "customer"}]}),
        json.dumps({"id": "1", "dialogue": [{"role": ["customer"], "text": "x"}]}),
        "[" * 1_900,
        json.dumps({"id": "1", "dialogue": [{"text": "x" * 5_000}]}),
        json.dumps({"id": "1", "dialogue": [{"text": "\ud800 nobody says who"}]}),
        json.dumps({"id": "1", "dialogue": SAID}),
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(rows) + "\n")
    *faults, good, twice = read(tmp_path / "a.jsonl")
    assert [isinstance(fault, Fault) and fault.text.partition(":")[0] for fault in faults] == [
        f"a.jsonl, line {number}" for number in range(1, 8)
    ]
    assert isinstance(good, Thread)
    assert (good.lines[0].role, good.lines[0].text) == (None, "? nobody says who")
    assert twice == Left("a dialogue whose id stands in the file twice", 2)


def test_a_cut_gzip_is_one_clear_line(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(json.dumps({"id": n, "dialogue": SAID}).encode() + b"\n" for n in range(500)))
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(IngestError, match=r"a\.jsonl\.gz: cannot be read after line"):
        read(tmp_path / "a.jsonl.gz")
