"""The dedup task on real pairs of answers, and on rows that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from vigilbot.embedding.likeness import SAME_ANSWER
from vigilbot.errors import EvaluationError
from vigilbot.evaluation.dedup import evaluate

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "dedup"


async def test_the_calibrated_threshold_on_real_pairs(embedder: Embedder) -> None:
    found = (await evaluate(DATA / "factoids.dev.jsonl.gz", embedder, SAME_ANSWER)).figures
    kinds = cast("dict[str, dict[str, float]]", found["by_kind"])
    assert cast("float", found["f1_weighted"]) >= 0.92  # word overlap with a fitted threshold: .855
    assert kinds["other-release"]["suppressed"] <= 0.5
    assert kinds["near-identical"]["suppressed"] >= 0.95
    assert abs(cast("float", found["best_threshold"]) - SAME_ANSWER) <= 0.04


async def test_the_sweep_runs_from_everything_suppressed_to_nothing(embedder: Embedder, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    same = [{"text": "Restart it.", "should_send": True}, {"text": "Restart it.", "should_send": False}]
    other = [{"text": "Restart it.", "should_send": True}, {"text": "Invoices are in euros.", "should_send": True}]
    file.write_text("\n".join(json.dumps({"answers": pair}) for pair in (same, other)), encoding="utf-8")
    found = (await evaluate(file, embedder, 0.5)).figures
    sweep = cast("list[dict[str, Any]]", found["sweep"])
    by_threshold = {row["threshold"]: row for row in sweep}
    assert by_threshold[0.0]["recall"] == 0.0
    assert by_threshold[0.5]["f1_weighted"] == found["f1_weighted"] == 1.0
    assert set(sweep[0]) == {
        *("threshold", "precision", "recall"),
        *("precision_weighted", "recall_weighted", "f1_weighted"),
    }


async def test_only_sent_answers_count(embedder: Embedder, tmp_path: Path) -> None:
    """A third answer is compared with the first, which was sent, not with the second, which was not."""
    texts = ["Use port 8008.", "Use port 8008.", "Use port 8008."]
    answers = [{"text": text, "should_send": number == 0} for number, text in enumerate(texts)]
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps({"answers": answers, "kind": "three"}), encoding="utf-8")
    found = (await evaluate(file, embedder, 0.9)).figures
    assert found["by_kind"] == {"three": {"n": 2, "suppressed": 1.0, "accuracy": 1.0}}


@pytest.mark.parametrize("answers", ["text", [], [{"text": "a", "should_send": True}], [{"text": 1}, {"text": 2}]])
async def test_a_wrong_row_is_named(embedder: Embedder, tmp_path: Path, answers: object) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text(json.dumps({"answers": answers}), encoding="utf-8")
    with pytest.raises(EvaluationError, match="line 1"):
        await evaluate(file, embedder, 0.5)
