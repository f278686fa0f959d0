"""The golden set: what is right, what counts as missed, and that the cases which come with the bot can be run."""

from __future__ import annotations

import json
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes import ScriptedReasoner
from vigilbot.errors import EvaluationError, OutputUnreadable
from vigilbot.evaluation.answer import Answering
from vigilbot.evaluation.cases import read_rows
from vigilbot.evaluation.comparing import compare
from vigilbot.evaluation.golden.whole import SHIPPED, evaluate, is_right
from vigilbot.evaluation.judging import SimilarityJudge
from vigilbot.evaluation.runs import Run
from vigilbot.models import Extraction, Question, Review
from vigilbot.reasoning.extractive import ExtractiveReasoner

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.embedding.base import Embedder
    from vigilbot.evaluation.runs import Measured
    from vigilbot.knowledge.local import LocalKnowledge

TASKS = ["identify", "rewrite", "answer", "extract", "review"]
ASKED = [{"role": "customer", "text": "Does req-77 fit the Larch plan?"}]
GOLD = "Set the folder of the plan to the archive and restart the agent of the machine."


def write(folder: Path, task: str, *rows: dict[str, Any]) -> None:
    numbered = ({"id": f"c{number}", "dialogue": ASKED, **row} for number, row in enumerate(rows, 1))
    (folder / f"{task}.jsonl").write_text("\n".join(map(json.dumps, numbered)), "utf-8")


@pytest.fixture
def scripted(embedder: Embedder, knowledge: LocalKnowledge) -> Answering:
    return Answering(ScriptedReasoner(), knowledge, SimilarityJudge(embedder))


async def told_by(script: ScriptedReasoner, answering: Answering, folder: Path) -> Measured:
    return await evaluate(folder, Answering(script, answering.knowledge, answering.judge), lambda *_: None)


async def test_every_task_is_scored_by_its_own_measure(scripted: Answering, tmp_path: Path) -> None:
    write(tmp_path, "identify", {"label": "within_scope"}, {"label": "no_assistance"}, {"label": "out_of_scope"})
    terms = {"must": ["larch", ["plan", "plans"]], "must_not": ["req-77"]}
    write(tmp_path, "rewrite", terms, terms, terms)
    write(tmp_path, "answer", {"gold": GOLD, "references": [GOLD]}, {"gold": None, "references": [GOLD]})
    write(tmp_path, "extract", {"question_messages": [0], "answer_messages": []})
    answered = {"question_messages": [0], "question": "q", "references": ["r"], "answer": "a <doc_1>"}
    write(tmp_path, "review", {**answered, "verdict": "keep"}, {**answered, "verdict": "delete"})
    script = ScriptedReasoner(
        scopes=deque(["within_scope", "within_scope", OutputUnreadable("no such label")]),
        questions=deque(
            [
                *(Question("Does it fit?", ("the LARCH", "plans?")), Question("Is req-77 for Larches?")),
                OutputUnreadable("cut off"),
                *(Question("How?"),) * 3,
            ]
        ),
        answers=deque([f"{GOLD} <doc_1>", f"{GOLD} <doc_1>"]),
        extractions=deque([Extraction(None, (), "nobody")]),
        reviews=deque([Review("keep", "fine"), Review(None, "unclear")]),
    )
    found = await told_by(script, scripted, tmp_path)
    by_task: Any = found.figures["tasks"]
    assert {task: (by_task[task]["n"], by_task[task]["accuracy"]) for task in TASKS} == {
        "identify": (3, 0.3333), "rewrite": (3, 0.3333), "answer": (2, 0.5), "extract": (1, 1.0), "review": (2, 0.5),
    }  # fmt: skip
    assert (found.figures["n"], found.figures["accuracy"], found.figures["judge"]) == (11, 0.4545, "similarity")
    assert found.figures["missed"] == {
        "identify/c2": "within_scope in place of no_assistance",
        "identify/c3": "unreadable in place of out_of_scope",
        "rewrite/c2": "lacks larch, lacks plan / plans, holds req-77",
        "rewrite/c3": "cut off",
        "answer/c2": "wrong",
        "review/c2": "undecided in place of delete",
    }


async def test_two_runs_are_compared_task_by_task(scripted: Answering, tmp_path: Path) -> None:
    write(tmp_path, "identify", *[{"label": "within_scope"}] * 20)
    write(tmp_path, "rewrite", {"must": ["larch"], "must_not": []})
    poor = await told_by(ScriptedReasoner(scopes=deque(["no_assistance"] * 20)), scripted, tmp_path)
    good = await told_by(ScriptedReasoner(scopes=deque(["within_scope"] * 20)), scripted, tmp_path)
    runs = [Run.of("golden", tmp_path, name, measured) for name, measured in (("poor", poor), ("good", good))]
    changes = compare(*runs).changes
    assert {name: change.verdict for name, change in changes.items()} == {
        "all": "better", "identify": "better", "rewrite": "no difference",
    }  # fmt: skip


def test_all_labelled_messages_and_no_others() -> None:
    assert is_right({"right": 0, "chosen": 0, "labelled": 0})
    assert not is_right({"right": 1, "chosen": 2, "labelled": 1})
    assert not is_right({"right": 1, "chosen": 1, "labelled": 2})
    assert is_right({"refused": 0.0, "grade": "partly"}) is None


@pytest.mark.parametrize(
    ("task", "row", "fault"),
    [
        ("rewrite", {"must": "larch", "must_not": []}, "`must` must be a list of terms"),
        ("rewrite", {"must": [], "must_not": [3]}, "`must_not` must be a list of terms"),
        ("rewrite", {"must": []}, "the key 'must_not' is missing"),
        ("review", {"verdict": "perhaps"}, "the verdict 'perhaps' is none of keep, delete, update"),
        ("review", {"verdict": "keep", "question_messages": [7]}, "`question_messages` must be a list of indexes"),
        ("review", {"verdict": "keep", "question_messages": []}, "`question_messages` must not be empty"),
    ],
)
async def test_a_wrong_row_is_named(
    scripted: Answering, tmp_path: Path, task: str, row: dict[str, Any], fault: str
) -> None:
    write(tmp_path, task, row)
    with pytest.raises(EvaluationError, match=rf"{task}\.jsonl, line 1: {fault}"):
        await told_by(ScriptedReasoner(), scripted, tmp_path)


async def test_a_folder_without_cases_is_told(scripted: Answering, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"holds none of identify\.jsonl, rewrite\.jsonl"):
        await told_by(ScriptedReasoner(), scripted, tmp_path)


async def test_the_cases_that_come_with_the_bot(embedder: Embedder, knowledge: LocalKnowledge) -> None:
    answering = Answering(ExtractiveReasoner(embedder, knowledge), knowledge, SimilarityJudge(embedder))
    found = await evaluate(SHIPPED, answering, lambda *_: None)
    by_task: Any = found.figures["tasks"]
    assert list(by_task) == TASKS
    for task in TASKS:
        ids = Counter(row["id"] for row in read_rows(SHIPPED / f"{task}.jsonl"))
        assert max(ids.values()) == 1
        assert by_task[task]["n"] == len(ids)
        assert by_task[task]["accuracy"] > 0
