"""The gate: what was really learnt is offered, noise is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flywheel.training.jargon import furnish, marked, shuffled
from vigilbot.flywheel.training.gate import condensed, verdict
from vigilbot.flywheel.training.golden import Golden
from vigilbot.flywheel.training.training import tried
from vigilbot.knowledge.tuned.tuning import UNTUNED

if TYPE_CHECKING:
    from vigilbot.knowledge.local import LocalKnowledge

BETTER = {
    "ndcg_before": 0.6,
    "ndcg_after": 0.7,
    "kept_before": 1.0,
    "kept_after": 1.0,
    "gain": 0.1,
    "gain_low": 0.05,
    "gain_high": 0.15,
    "judged": 50.0,
}
GOLDEN = Golden({"recall@75": 0.9, "precision@8": 0.3, "ndcg@10": 0.8})


async def test_a_retriever_that_has_learnt_the_jargon_is_offered_and_shuffled_marks_teach_none(
    knowledge: LocalKnowledge,
) -> None:
    await furnish(knowledge)
    examples = await marked(knowledge)

    learnt = await tried(knowledge, examples, "retriever", UNTUNED, 0, 1)
    again = await tried(knowledge, examples, "retriever", UNTUNED, 0, 1)

    assert learnt.verdict.offered, learnt.verdict.reason
    assert learnt.verdict.figures["gain"] > 0.03
    assert learnt.verdict == again.verdict
    assert learnt.tuning.adapter is not None
    assert again.tuning.adapter is not None
    assert (learnt.tuning.adapter.up == again.tuning.adapter.up).all()
    for seed in range(2):
        noise = await tried(knowledge, shuffled(examples, seed), "retriever", UNTUNED, seed, 1)
        assert not noise.verdict.offered, noise.verdict.reason


async def test_shuffled_marks_make_no_reranker_either(knowledge: LocalKnowledge) -> None:
    await furnish(knowledge)
    examples = await marked(knowledge)

    noise = await tried(knowledge, shuffled(examples, 0), "reranker", UNTUNED, 0, 1)

    assert not noise.verdict.offered, noise.verdict.reason


def test_only_what_is_surely_better_and_loses_nothing_is_offered() -> None:
    worse = Golden({**GOLDEN.figures, "ndcg@10": 0.79})

    assert verdict(BETTER, None).offered
    assert verdict(BETTER, (GOLDEN, GOLDEN)).offered
    assert "not surely better" in verdict({**BETTER, "gain_low": -0.01}, None).reason
    assert "loses relevant passages" in verdict({**BETTER, "kept_after": 0.9}, None).reason
    assert verdict(BETTER, (GOLDEN, worse)).reason == "worse on the golden set: ndcg@10 0.800 → 0.790"


def test_only_marked_entries_count_and_what_is_not_found_stands_last() -> None:
    worths = {"good": 1.0, "bad": 0.0}

    assert condensed(["unknown", "good", "other", "bad"], worths) == (1.0, 1.0)
    assert condensed(["bad", "good"], worths)[0] == pytest.approx(1 / 1.585, abs=1e-3)
    assert condensed(["bad"], worths) == (condensed(["bad", "good"], worths)[0], 0.0)
