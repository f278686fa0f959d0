"""The identify task on real dialogues, and on rows that are wrong."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from vigilbot.errors import EvaluationError
from vigilbot.evaluation.cases import read_rows
from vigilbot.evaluation.identify import evaluate, figures
from vigilbot.reasoning.extractive import ExtractiveReasoner

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "identify"


def every(step: int, file: Path, folder: Path) -> Path:
    """A file of every `step`-th row."""
    some = folder / "some.jsonl"
    some.write_text("\n".join(json.dumps(row) for row in islice(read_rows(file), 0, None, step)), encoding="utf-8")
    return some


async def test_read_dialogues(embedder: Embedder) -> None:
    found = (await evaluate(DATA / "read.dev.jsonl", ExtractiveReasoner(embedder))).figures
    assert found["n"] == 85
    assert cast("float", found["f1_weighted"]) >= 0.88
    low, high = cast("tuple[float, float]", found["f1_weighted_95"])
    assert low < cast("float", found["f1_weighted"]) < high


async def test_silver_dialogues(embedder: Embedder, tmp_path: Path) -> None:
    some = every(8, DATA / "irc_silver.dev.jsonl.gz", tmp_path)
    found = (await evaluate(some, ExtractiveReasoner(embedder))).figures
    assert cast("float", found["f1_weighted"]) >= 0.85


@pytest.mark.parametrize("product", ["aws", "docker", "ubuntu"])
async def test_scope_text_alone(embedder: Embedder, product: str, tmp_path: Path) -> None:
    some = every(3, DATA / f"scope_{product}.dev.jsonl", tmp_path)
    found = (await evaluate(some, ExtractiveReasoner(embedder))).figures
    assert cast("float", found["balanced_accuracy"]) >= 0.85


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"dialogue": [{"role": "customer", "text": "hi"}], "label": "maybe"}, "'maybe' is none of within_scope"),
        ({"dialogue": [{"role": "customer", "text": "hi"}]}, "the key 'label' is missing"),
        ({"dialogue": [{"role": "analyst", "text": "hi"}], "label": "within_scope"}, "no customer message"),
    ],
)
async def test_a_wrong_row_is_named(embedder: Embedder, tmp_path: Path, row: dict[str, object], message: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("\n" + json.dumps(row), encoding="utf-8")
    with pytest.raises(EvaluationError, match=f"line 2: .*{message}"):
        await evaluate(file, ExtractiveReasoner(embedder))


def test_the_metrics_object_has_the_promised_keys() -> None:
    found = figures(["within_scope", "no_assistance"], ["within_scope", "within_scope"])
    promised = "n accuracy precision_weighted recall_weighted f1_weighted balanced_accuracy per_class confusion"
    assert set(promised.split()) <= set(found)
    json.dumps(found)
