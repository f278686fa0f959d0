"""The extract task on real dialogues, on our labels, and on rows that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tests.evaluation.test_identify import every
from vigilbot.errors import EvaluationError
from vigilbot.evaluation.extract import Outcome, evaluate, figures, read_extract_cases
from vigilbot.reasoning.extractive import ExtractiveReasoner

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "extract" / "irc.dev.jsonl.gz"
LABELS = ROOT / "benchmarks" / "labels"


async def test_replies_are_told_from_other_talk(embedder: Embedder, tmp_path: Path) -> None:
    found = (await evaluate(every(25, DATA, tmp_path), ExtractiveReasoner(embedder))).figures
    baselines = cast("dict[str, dict[str, float]]", found["baselines"])
    assert cast("float", found["f1"]) >= 0.8
    assert cast("float", found["f1"]) > baselines["first three replies"]["f1"]
    assert baselines["everything"]["recall"] == 1.0


async def test_definitive_answers_of_the_dialogues_we_read(embedder: Embedder) -> None:
    found = (await evaluate(LABELS / "gitter_definitive.develop.jsonl", ExtractiveReasoner(embedder))).figures
    assert (found["n"], found["answered"]) == (60, 41)
    assert cast("float", found["good_pairs"]) >= 0.75
    assert cast("float", found["answered_yielding"]) >= 0.6
    assert cast("float", found["unanswered_yielding"]) <= 0.3


def test_labels_hold_indexes_and_no_text() -> None:
    for file in LABELS.glob("gitter_definitive.*.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            assert set(row) <= {"id", "sessions", "question_messages", "answer_messages", "readings"}
        for case in read_extract_cases(file):
            roles = {message.role for message in case.dialogue.messages if message.id in case.answers}
            assert roles <= {"analyst"}, case.dialogue.session_id


def test_figures_of_pairs() -> None:
    cases = read_extract_cases(LABELS / "gitter_definitive.develop.jsonl")
    answered = next(case for case in cases if case.answers)
    silent = next(case for case in cases if not case.answers)
    right = Outcome(answered.answers, stored=True)
    found = figures([answered, silent], [right, Outcome(frozenset({"1"}), stored=True)])
    assert (found.good_pairs, found.answered_yielding, found.unanswered_yielding) == (0.5, 1.0, 1.0)
    assert found.recall == 1.0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "x", "dialogue": [{"role": "customer", "text": "a"}], "question_messages": []}, "answer_messages"),
        (
            {
                "id": "x",
                "dialogue": [{"role": "customer", "text": "a"}],
                "question_messages": [4],
                "answer_messages": [],
            },
            "must be a list of indexes",
        ),
        ({"id": "x", "sessions": "none.jsonl", "question_messages": [0], "answer_messages": []}, "none.jsonl"),
    ],
)
async def test_a_wrong_row_is_named(tmp_path: Path, row: dict[str, object], message: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(EvaluationError, match=message):
        read_extract_cases(file)
