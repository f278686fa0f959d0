"""Splits, redaction and the manifest: what every export shares."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from vigilbot.errors import FlywheelError
from vigilbot.flywheel.exports.splits import split_of
from vigilbot.flywheel.exports.writing import Kind, Row, Wanted, write
from vigilbot.models import Audience

if TYPE_CHECKING:
    from pathlib import Path

KIND = Kind("answers", {"messages": "What was said"}, {"used": 1.0})
KEY = "AKIA" + "Q3EGRLWKDBVHTF5M"


def rows(count: int, text: str = "It is 8008.") -> list[Row]:
    return [Row(f"session-{n}", float(n), {"messages": [{"role": "assistant", "content": text}]}) for n in range(count)]


def read(folder: Path, split: str) -> list[Any]:
    return [json.loads(line) for line in (folder / f"{split}.jsonl").read_text("utf-8").splitlines()]


def test_a_session_is_in_one_split_and_stays_there(tmp_path: Path) -> None:
    manifest = write(KIND, rows(400) * 2, tmp_path, Wanted(), 1.0)

    parts = {split: {row["session_id"] for row in read(tmp_path, split)} for split in manifest.rows}
    assert sum(len(part) for part in parts.values()) == len(set.union(*parts.values())) == 400
    assert parts["train"] == {f"session-{n}" for n in range(400) if split_of(f"session-{n}") == "train"}
    assert 0.74 < len(parts["train"]) / 400 < 0.86
    assert manifest.rows == {split: 2 * len(part) for split, part in parts.items()}


def test_no_secret_leaves_however_deep_it_stands(tmp_path: Path) -> None:
    manifest = write(KIND, rows(20, f"Use {KEY}, or ask mia.keller@hotmail.com."), tmp_path, Wanted(), 1.0)

    written = "".join((tmp_path / name).read_text("utf-8") for name in manifest.sha256)
    assert KEY not in written
    assert "mia.keller@hotmail.com" not in written
    assert manifest.redacted == {"secret": 20, "e-mail": 20}


def test_the_manifest_tells_what_is_in_the_folder(tmp_path: Path) -> None:
    write(KIND, rows(5), tmp_path, Wanted(3.0, Audience("channel:C1")), 9.0, {"ties": 2})

    told = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert (told["kind"], told["since"], told["audience"], told["made_at"]) == ("answers", 3.0, "channel:C1", 9.0)
    assert (told["columns"], told["weights"], told["left_out"]) == (dict(KIND.columns), {"used": 1.0}, {"ties": 2})
    assert sum(told["rows"].values()) == 5


def test_the_same_rows_make_the_same_files(tmp_path: Path) -> None:
    first, second = (write(KIND, rows(30), tmp_path / name, Wanted(), 1.0) for name in ("a", "b"))

    assert first == second


def test_nothing_to_export_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(FlywheelError, match=r"^nothing to export: no answers for channel:C1 yet \(2 ties left out\)$"):
        write(KIND, [], tmp_path / "new", Wanted(audience=Audience("channel:C1")), 1.0, {"ties": 2})
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(FlywheelError, match=r"thesis\.txt"):
        write(KIND, rows(3), tmp_path, Wanted(), 1.0)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
