"""Evaluation files: plain or gzip, and every fault named by file and line."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from vigilbot.errors import EvaluationError
from vigilbot.evaluation.cases import dialogue_of, read_cases, read_rows, text_of

if TYPE_CHECKING:
    from pathlib import Path


def test_plain_and_gzip_read_the_same(tmp_path: Path) -> None:
    lines = '{"id": "a"}\n\n{"id": "b"}\n'
    plain, packed = tmp_path / "rows.jsonl", tmp_path / "rows.jsonl.gz"
    plain.write_text(lines, encoding="utf-8")
    packed.write_bytes(gzip.compress(lines.encode()))
    assert list(read_rows(plain)) == list(read_rows(packed)) == [{"id": "a"}, {"id": "b"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"id": "a"}\n{"id": ', "line 2: is not JSON"),
        ('{"id": "a"}\n["list"]', "line 2: must be a JSON object, not list"),
        ("[" * 100_000, "line 1: is not JSON"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationError, match=message) as caught:
        list(read_rows(file))
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_text_or_no_gzip_is_one_line(tmp_path: Path) -> None:
    binary, packed = tmp_path / "rows.jsonl", tmp_path / "rows.jsonl.gz"
    binary.write_bytes(b'{"id": "a"}\n\xff\xfe\x00')
    packed.write_bytes(b"not gzip at all")
    for file in (binary, packed, tmp_path / "missing.jsonl"):
        with pytest.raises(EvaluationError, match=file.name):
            list(read_rows(file))


def test_a_cut_gzip_file_is_one_line(tmp_path: Path) -> None:
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(b'{"id": "a"}\n' * 1000)[:-20])
    with pytest.raises(EvaluationError, match="cannot be read"):
        list(read_rows(packed))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{}", "line 1: the key 'dialogue' is missing"),
        ('{"dialogue": []}', "`dialogue` must be a list of messages, and not empty"),
        ('{"dialogue": ["hello"]}', "message 0 of `dialogue` has the role None"),
        ('{"dialogue": [{"role": "boss", "text": "hi"}]}', "the role 'boss'; it must be one of customer, analyst, bot"),
        ('{"dialogue": [{"role": "customer", "text": 3}]}', "message 0 of `dialogue` has no text"),
    ],
)
def test_a_dialogue_of_the_wrong_shape_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(line, encoding="utf-8")
    with pytest.raises(EvaluationError, match=message):
        read_cases(file, lambda row: dialogue_of(row, "s"))


def test_a_file_without_cases_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("\n \n", encoding="utf-8")
    with pytest.raises(EvaluationError, match="holds no case"):
        read_cases(file, lambda row: text_of(row, "id"))
