"""The risk-coverage curve, end to end on a folder of real files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tests.evaluation.test_retrieve import folder_with
from vigilbot.evaluation.selective import CERTAINTIES, evaluate
from vigilbot.reasoning.extractive.quoting import ANSWER_FROM

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.embedding.base import Embedder


async def test_the_surer_it_has_to_be_the_fewer_it_answers(embedder: Embedder, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "q1\tdisk#1\t1\nq2\tbill#0\t1\n")
    found = await evaluate(folder, embedder, lambda *_: None)
    curve = cast("list[dict[str, Any]]", found.figures["curve"])
    assert [point["certainty"] for point in curve] == list(CERTAINTIES)
    assert curve[0]["coverage"] == 1.0
    assert [point["coverage"] for point in curve] == sorted((point["coverage"] for point in curve), reverse=True)
    [here] = [point for point in curve if point["certainty"] == ANSWER_FROM]
    assert found.figures["operating_point"] == here
    assert here["answered"] == sum(bool(scores["answered"]) for scores in found.cases.values())


async def test_what_cites_nothing_judged_right_is_wrong(embedder: Embedder, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "q1\tsoup#0\t1\n")
    curve = cast("list[dict[str, Any]]", (await evaluate(folder, embedder, lambda *_: None)).figures["curve"])
    assert (curve[0]["risk"], curve[0]["right"]) == (1.0, 0)
