"""The answer task: right, refused, cited; and the judge that needs no model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from vigilbot.errors import EvaluationError
from vigilbot.evaluation.answer import Answering, figures
from vigilbot.evaluation.comparing import compare
from vigilbot.evaluation.judging import SimilarityJudge, containment
from vigilbot.evaluation.runs import Run
from vigilbot.knowledge.ingest.ingesting import ingest
from vigilbot.reasoning.extractive import ExtractiveReasoner

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.embedding.base import Embedder
    from vigilbot.knowledge.local import LocalKnowledge

ASKED = [{"role": "customer", "text": "How do I raise the number of open files for the ingest worker?"}]
PASSAGE = (
    "To raise the number of open files for the ingest worker, set `LimitNOFILE=65536` in its unit file. "
    "Restart the worker afterwards."
)
OTHER = "Invoices are sent on the first day of the month to the billing address of the account."
GOLD = "Set `LimitNOFILE=65536` in the unit file of the ingest worker and restart it."


@pytest.fixture
def answering(embedder: Embedder, knowledge: LocalKnowledge) -> Answering:
    return Answering(ExtractiveReasoner(embedder, knowledge), knowledge, SimilarityJudge(embedder))


def file_of(folder: Path, *rows: dict[str, Any]) -> Path:
    file = folder / "cases.jsonl"
    file.write_text("\n".join(json.dumps({"dialogue": ASKED, **row}) for row in rows))
    return file


async def test_right_wrong_and_refused(answering: Answering, tmp_path: Path) -> None:
    file = file_of(
        tmp_path,
        {"id": "right", "references": [OTHER, PASSAGE], "gold": GOLD},
        {"id": "wrong", "references": [PASSAGE], "gold": "Move the bucket to another region with the console."},
        {"id": "rightly refused", "references": [OTHER], "gold": None},
        {"id": "wrongly refused", "references": [{"text": OTHER, "title": "Billing"}], "gold": GOLD},
        {"id": "nothing known", "gold": ""},
    )
    found = await answering.evaluate(file)
    assert {id_: scores["correct"] for id_, scores in found.cases.items()} == {
        "right": 1.0, "wrong": 0.0, "rightly refused": 1.0, "wrongly refused": 0.0, "nothing known": 1.0,
    }  # fmt: skip
    assert found.cases["wrong"]["wrong"] == 1.0
    assert {name: found.figures[name] for name in ("n", "accuracy", "refused", "cited", "accuracy_answered")} == {
        "n": 5, "accuracy": 0.6, "refused": 0.6, "cited": 1.0, "accuracy_answered": 0.5,
    }  # fmt: skip
    run = Run.of("answer", file, "extractive", found)
    assert set(compare(run, run).changes) == {"correct", "refused", "cited", "wrong"}


async def test_without_references_the_knowledge_base_is_searched(
    answering: Answering, knowledge: LocalKnowledge, tmp_path: Path
) -> None:
    (tmp_path / "doc.md").write_text(f"# Open files\n\n{PASSAGE}\n")
    await ingest(knowledge, [tmp_path / "doc.md"])
    found = await answering.evaluate(file_of(tmp_path, {"id": "a", "gold": GOLD}))
    assert found.figures["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, "the key 'gold' is missing"),
        ({"gold": 3}, "`gold` must be a string, or null"),
        ({"gold": "x", "references": "text"}, "`references` must be a list"),
        ({"gold": "x", "references": [{"title": "t"}]}, "reference 1 must be a text or have one"),
        ({"gold": "x", "dialogue": [{"role": "analyst", "text": "hi"}]}, "no customer message to answer"),
    ],
)
async def test_a_wrong_row_is_named(answering: Answering, tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(EvaluationError, match=f"line 1: .*{message}"):
        await answering.evaluate(file_of(tmp_path, row))


def test_what_the_judge_cannot_decide_counts_neither_way() -> None:
    found = figures([{"refused": 0.0, "cited": 1.0}, {"refused": 0.0, "cited": 1.0, "correct": 1.0, "wrong": 0.0}])
    assert (found["n"], found["accuracy"], found["undecided"]) == (2, 1.0, 1)


async def test_the_judge(embedder: Embedder) -> None:
    judge = SimilarityJudge(embedder)
    assert (await judge.judge("", PASSAGE, GOLD)).correct
    assert not (await judge.judge("", OTHER, GOLD)).correct
    assert not (await judge.judge("", "Ubuntu 10.04 is supported.", "Ubuntu 12.04 is supported.")).correct


def test_a_quotation_is_held_by_its_passage_and_a_word_by_nothing() -> None:
    assert containment("set the limit of open files in the unit file of the worker", PASSAGE) > 0.8
    assert containment("files", PASSAGE) == 0.0
