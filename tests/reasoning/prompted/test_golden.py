"""The golden set through every prompt, real litellm and a real endpoint: a good model, and one that says nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.reasoning.prompted.conftest import ASKS, says
from vigilbot import config
from vigilbot.commands.evaluate import measure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.standins.aimock import Aimock
    from vigilbot.evaluation.runs import Run

pytestmark = pytest.mark.asyncio(loop_scope="session")

TASKS = ("identify", "rewrite", "answer", "extract", "review", "judge_answer")
SAID = {
    "identify": {"reasoning": "r", "scope": "within_scope"},
    "rewrite": {"reasoning": "r", "question": "How does Brindle exclude a folder on Windows?", "sub_questions": []},
    "answer": {"reasoning": "r", "answers": [{"question": 1, "refused": False, "text": "So it is. <doc_1>"}]},
    "extract": {"reasoning": "r", "messages": [], "question": "", "answer": ""},
    "review": {"reasoning": "r", "messages": [], "verdict": "keep", "misleading": [], "question": "", "answer": ""},
    "judge_answer": {"reasoning": "r", "grade": "correct"},
}


async def golden(llm: Aimock, folder: Path) -> Run:
    """Two attempts: Node closes idle connections after five seconds, maybe just as one is used again."""
    settings = config.load(None, model="openai/x", model_api_base=llm.base_url, model_attempts=2, data_dir=folder)
    return await measure(settings, "golden", None, lambda *_: None)


async def test_every_prompt_is_run_and_the_model_judges(llm: Aimock, tmp_path: Path) -> None:
    await llm.replace([says(task, SAID[task]) for task in TASKS])
    run = await golden(llm, tmp_path)
    asked = Counter(
        next(task for task, ending in ASKS.items() if request["messages"][-1]["content"].endswith(ending))
        for request in await llm.requests()
    )
    assert set(asked) == set(TASKS)
    by_task: Any = run.figures["tasks"]
    assert asked["identify"] == by_task["identify"]["n"]
    assert asked["judge_answer"] < asked["answer"], "where nothing answers, an answer needs no judge to be wrong"
    assert by_task["rewrite"]["accuracy"] == 1 / by_task["rewrite"]["n"]
    missed: Any = run.figures["missed"]
    assert missed["answer/nothing-answers"] == "wrong"
    assert "answer/number" not in missed
    assert (run.reasoner, run.figures["judge"]) == ("openai/x", "openai/x")


async def test_a_model_that_says_nothing_readable_is_measured_all_the_same(llm: Aimock, tmp_path: Path) -> None:
    await llm.replace([says(task, "I think so.") for task in TASKS])
    run = await golden(llm, tmp_path)
    by_task: Any = run.figures["tasks"]
    assert [by_task[task]["accuracy"] for task in ("identify", "rewrite", "answer", "review")] == [0, 0, 0, 0]
    missed: Any = run.figures["missed"]
    assert missed["identify/german"] == "unreadable in place of within_scope"
    assert missed["answer/number"] == "unreadable"
