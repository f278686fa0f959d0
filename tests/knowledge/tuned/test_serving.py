"""Trained models in a search: switched on while it runs, left out when they are broken, untrained without effect."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.canaries import canaries
from tests.knowledge.entries import BY, document
from vigilbot.errors import FlywheelError, NotFound
from vigilbot.flywheel.training import switching
from vigilbot.knowledge.tuned import files
from vigilbot.knowledge.tuned.tuning import Adapter, Head, Tuning, untuned_weights
from vigilbot.models import EVERYONE, Question, Reference, TrainedModel
from vigilbot.storage import trained

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder
    from vigilbot.knowledge.local import LocalKnowledge

ALL = frozenset({EVERYONE})
WORSE = f"worse than ghp_{canaries('worse').secrets[0]}"
ASKED = Question("how do I grow the disk?")
TEXTS = (
    "Detach the volume, grow it, attach it again.",
    "Invoices come on the first of the month.",
    "Disks are replaced by the night shift.",
    "Grow your team with the training budget.",
)


async def furnish(knowledge: LocalKnowledge) -> None:
    await knowledge.put([document(f"n{n}", text) for n, text in enumerate(TEXTS)], BY)


def adapter(knowledge: LocalKnowledge, version: int, strength: float) -> Adapter:
    chance = np.random.default_rng(version)
    down = chance.standard_normal((knowledge.embedder.dimensions, 4)).astype(np.float32)
    return Adapter(version, down, strength * down.T.copy())


async def stored(knowledge: LocalKnowledge, model: Adapter | Head, *, offered: bool = True) -> TrainedModel:
    kind, reranker = ("retriever", "") if isinstance(model, Adapter) else ("reranker", "bundled")
    digest = files.written(knowledge.db.path.parent / files.FOLDER, model)
    row = TrainedModel(
        version=model.version,
        kind="retriever" if kind == "retriever" else "reranker",
        embedder=knowledge.embedder.name,
        reranker=reranker,
        seed=0,
        questions=30,
        marks=240,
        figures={"gain": 0.1},
        offered=offered,
        reason="better: as told",
        sha256=digest,
        trained_by="tester",
        trained_at=1.0,
    )
    async with knowledge.db.transaction() as tx:
        await trained.add(tx, row)
    return row


async def asked(knowledge: LocalKnowledge) -> list[Reference]:
    return await knowledge.search(ASKED, audiences=ALL, limit=4)


async def test_models_that_have_learnt_nothing_change_nothing(knowledge: LocalKnowledge) -> None:
    await furnish(knowledge)
    plain = await knowledge.ranked(ASKED, audiences=ALL, limit=4)
    still = Tuning(adapter(knowledge, 1, 0.0), Head(2, untuned_weights(1 / 5)))

    tuned = await (await knowledge.searching(still)).ranked(ASKED, ALL, 4)

    assert [one.entry_id for one in tuned] == [one.entry_id for one in plain]
    for one, other in zip(tuned, plain, strict=True):
        assert one.score == pytest.approx(other.score, abs=2e-3)
        assert one.scores["dense"] == pytest.approx(one.scores["adapted"], abs=2e-3)
        assert (one.scores["retriever_version"], one.scores["reranker_version"]) == (1, 2)


async def test_switched_on_it_serves_the_next_question_and_back_it_is_gone(knowledge: LocalKnowledge) -> None:
    await furnish(knowledge)
    plain = {one.entry_id: one.scores["dense"] for one in await asked(knowledge)}
    for version in (1, 2):
        await stored(knowledge, adapter(knowledge, version, 0.05))

    for version in (1, 2):
        await switching.use(knowledge.db, "retriever", version, knowledge.embedder, "ann", "try", 5.0)
        tuned = await asked(knowledge)
        assert {one.scores["retriever_version"] for one in tuned} == {version}
        assert {one.entry_id: one.scores["dense"] for one in tuned} == pytest.approx(plain, abs=1e-3)
        assert any(abs(one.scores["adapted"] - one.scores["dense"]) > 0.01 for one in tuned)
    assert await switching.back(knowledge.db, "retriever", "ann", WORSE, 6.0) == 1
    assert (await asked(knowledge))[0].scores["retriever_version"] == 1
    history = [(one.version, one.switched_by, one.why) for one in await trained.switches(knowledge.db)]
    assert history == [(1, "ann", "worse than [secret]"), (2, "ann", "try"), (1, "ann", "try")]


async def test_after_the_first_switch_back_nothing_trained_is_in_use(knowledge: LocalKnowledge) -> None:
    await furnish(knowledge)
    await stored(knowledge, Head(1, np.array([0, 1, 0, 0], np.float32)))
    with pytest.raises(FlywheelError, match="nothing to go back from"):
        await switching.back(knowledge.db, "reranker", "ann", "", 1.0)

    await switching.use(knowledge.db, "reranker", None, knowledge.embedder, "ann", "try", 5.0)
    first, *_ = await asked(knowledge)
    assert first.score == pytest.approx(first.scores["lexical"], abs=1e-3)
    assert await switching.back(knowledge.db, "reranker", "ann", "worse", 6.0) is None
    assert "reranker_version" not in (await asked(knowledge))[0].scores


async def test_a_broken_file_is_left_out_and_said(knowledge: LocalKnowledge) -> None:
    await furnish(knowledge)
    plain = await asked(knowledge)
    await stored(knowledge, adapter(knowledge, 1, 0.05))
    await switching.use(knowledge.db, "retriever", None, knowledge.embedder, "ann", "try", 5.0)
    path = files.path_of(knowledge.db.path.parent / files.FOLDER, "retriever", 1)
    for damage in (path.read_bytes()[:100], b"", None):
        path.unlink() if damage is None else path.write_bytes(damage)
        knowledge.tuned.__init__(knowledge.db)  # type: ignore[misc]  # as after a restart

        assert await asked(knowledge) == plain
        [problem] = knowledge.tuned.problems
        assert "retriever-1.npz" in problem
        with pytest.raises(FlywheelError, match="train again"):
            await switching.use(knowledge.db, "retriever", 1, knowledge.embedder, "ann", "try", 5.0)


async def test_what_is_not_offered_or_was_trained_for_another_encoder_is_not_switched_on(
    knowledge: LocalKnowledge, embedder: Embedder
) -> None:
    with pytest.raises(FlywheelError, match="no retriever has been trained yet"):
        await switching.use(knowledge.db, "retriever", None, embedder, "ann", "", 1.0)
    bad = await stored(knowledge, adapter(knowledge, 1, 0.05), offered=False)
    with pytest.raises(FlywheelError, match="no retriever is offered"):
        await switching.use(knowledge.db, "retriever", None, embedder, "ann", "", 1.0)
    with pytest.raises(FlywheelError, match="is not offered"):
        await switching.use(knowledge.db, "retriever", 1, embedder, "ann", "", 1.0)
    with pytest.raises(FlywheelError, match="no retriever 9"):
        await switching.use(knowledge.db, "retriever", 9, embedder, "ann", "", 1.0)
    other = replace(bad, version=2, embedder="another encoder", offered=True)
    async with knowledge.db.transaction() as tx:
        await trained.add(tx, other)
    with pytest.raises(FlywheelError, match="trained for another encoder"):
        await switching.use(knowledge.db, "retriever", 2, embedder, "ann", "", 1.0)
    with pytest.raises(NotFound):
        await trained.get(knowledge.db, 9)
