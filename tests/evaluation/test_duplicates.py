"""Duplicate tickets: found, told apart, joined; on files whose figures can be worked out by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from vigilbot.errors import EvaluationError
from vigilbot.evaluation.duplicates import evaluate
from vigilbot.reasoning.extractive import ExtractiveReasoner

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.embedding.base import Embedder

pytestmark = pytest.mark.asyncio(loop_scope="session")

TICKETS = [
    ("a1", "Sign-in fails with error E503 since nine o'clock", "a", "2026-03-01 09:10"),
    ("a2", "Error E503 at sign-in, nobody gets in since nine", "a", "2026-03-01 09:20"),
    ("b1", "Invoice export hangs and the PDF is empty", "b", "01/Mar/26 09:30"),
    ("b2", "The PDF of the invoice export is empty, the export hangs", "b", 1772357000),
    ("c", "How do I change the colour of the calendar?", None, None),
]


def written(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


async def test_two_problems_told_apart(tmp_path: Path, embedder: Embedder) -> None:
    rows = [dict(zip(("id", "text", "group", "time"), ticket, strict=True)) for ticket in TICKETS]
    seen: list[tuple[int, int]] = []
    found = await evaluate(
        written(tmp_path / "t.jsonl", *rows),
        embedder,
        ExtractiveReasoner(embedder),
        progress=lambda *at: seen.append(at),
    )
    assert {key: found[key] for key in ("n", "marked", "groups", "recall@10", "precision", "recall", "f1")} == {
        "n": 5,
        "marked": 4,
        "groups": 2,
        "recall@10": 1.0,
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
    }
    assert seen == [(5, 5)]
    rewriting = found["rewriting"]
    assert isinstance(rewriting, dict)
    assert rewriting["all"]["with"]["f1"] == 1.0
    assert rewriting["larger_groups"]["tickets"] == 0


async def test_at_a_threshold_that_links_everything(tmp_path: Path, embedder: Embedder) -> None:
    rows = [dict(zip(("id", "text", "group", "time"), ticket, strict=True)) for ticket in TICKETS]
    found = await evaluate(written(tmp_path / "t.jsonl", *rows), embedder, ExtractiveReasoner(embedder), threshold=0.0)
    assert (found["precision"], found["recall"]) == (pytest.approx(2 / 6), 1.0)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"id": "x", "group": "a"}, "the key 'text' is missing"),
        ({"id": "x", "text": 3, "group": "a"}, "`text` must be a string, not int"),
        ({"id": "x", "text": "t", "group": 7}, "`group` must be a string, or null"),
        ({"id": "x", "text": "t", "time": "yesterday"}, "the time 'yesterday' cannot be read"),
    ],
)
async def test_a_faulty_row_is_named(tmp_path: Path, embedder: Embedder, row: object, fault: str) -> None:
    with pytest.raises(EvaluationError, match="line 1") as caught:
        await evaluate(written(tmp_path / "t.jsonl", row), embedder, ExtractiveReasoner(embedder))
    assert fault in str(caught.value)
