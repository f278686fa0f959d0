"""`vigilbot train`: what there is to learn from → a model → the gate → the record. Nothing is switched on here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vigilbot.errors import FlywheelError
from vigilbot.flywheel.training import examples as collecting
from vigilbot.flywheel.training import gate, golden, trainer
from vigilbot.flywheel.training.card import model_card
from vigilbot.knowledge.tuned import files
from vigilbot.models import TrainedModel
from vigilbot.storage import trained

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from vigilbot.flywheel.training.examples import Example, Examples
    from vigilbot.flywheel.training.golden import GoldenCase
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.knowledge.tuned.tuning import Tuning
    from vigilbot.models import ModelKind

FEWEST_QUESTIONS = 20
FEWEST_TELLING = 10
"""Questions with both a better and a worse reference: only they can show that a ranking has improved."""
FEWEST_SESSIONS = 5


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asked to have trained."""

    kind: ModelKind
    by: str
    seed: int = 0
    since: float = 0.0
    golden: Path | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A model with what the gate found, before either is stored."""

    tuning: Tuning
    verdict: gate.Verdict


async def train(
    knowledge: LocalKnowledge, order: Order, now: float, follow: Callable[[int, int, str], None]
) -> TrainedModel:
    """Train, judge and record one model. Raises FlywheelError in one line when there is too little to learn from."""
    cases = golden.read_golden(order.golden) if order.golden else []
    examples = await collecting.collected(knowledge.db, order.since)
    _enough(examples)
    search = await knowledge.searching()
    version = await trained.next_version(knowledge.db)
    trial = await tried(knowledge, examples.rows, order.kind, search.tuning, order.seed, version, cases, follow)
    model = TrainedModel(
        version=version,
        kind=order.kind,
        embedder=knowledge.embedder.name,
        reranker=search.reranker.name if order.kind == "reranker" and search.reranker else "",
        seed=order.seed,
        questions=len(examples.rows),
        marks=examples.marks,
        figures=trial.verdict.figures,
        offered=trial.verdict.offered,
        reason=trial.verdict.reason,
        sha256="",
        trained_by=order.by,
        trained_at=now,
    )
    return await _recorded(knowledge, model, trial.tuning, examples)


async def tried(
    knowledge: LocalKnowledge,
    examples: Sequence[Example],
    kind: ModelKind,
    before: Tuning,
    seed: int,
    version: int,
    cases: Sequence[GoldenCase] = (),
    follow: Callable[[int, int, str], None] = lambda *_: None,
) -> Trial:
    """Train on all examples; judge what the same training makes of them when some are held back."""
    material = await trainer.read(knowledge, examples, kind, before, seed, follow)

    async def make(some: Sequence[Example]) -> Tuning:
        return await asyncio.to_thread(trainer.trained, kind, some, material, before, seed, version)

    figures = await gate.judge(knowledge, examples, before, make, follow)
    tuning = await make(examples)
    both = None
    if cases:
        both = (await golden.measured(knowledge, cases, before), await golden.measured(knowledge, cases, tuning))
    return Trial(tuning, gate.verdict(figures, both))


def _enough(examples: Examples) -> None:
    """Raises FlywheelError that says how many are needed."""
    telling = sum(one.tells for one in examples.rows)
    sessions = len({one.session_id for one in examples.rows})
    needs = (
        (len(examples.rows), FEWEST_QUESTIONS, "questions with judged references"),
        (telling, FEWEST_TELLING, "questions with both a better and a worse reference"),
        (sessions, FEWEST_SESSIONS, "sessions with judged references"),
    )
    for has, needed, what in needs:
        if has < needed:
            also = "".join(f"; {count:,} {why} left out" for why, count in examples.left_out.items())
            raise FlywheelError(f"too few annotations: {has} of {needed} {what}; {needed - has} more are needed{also}")


async def _recorded(knowledge: LocalKnowledge, model: TrainedModel, tuning: Tuning, examples: Examples) -> TrainedModel:
    """The file first, then the row: a row always has its file."""
    folder = knowledge.db.path.parent / files.FOLDER
    part = tuning.adapter if model.kind == "retriever" else tuning.head
    assert part is not None  # noqa: S101 - a training of this kind sets it
    digest = await asyncio.to_thread(files.written, folder, part)
    model = replace(model, sha256=digest)
    card = files.path_of(folder, model.kind, model.version).with_suffix(".md")
    await asyncio.to_thread(card.write_text, model_card(model, examples), "utf-8")
    async with knowledge.db.transaction() as tx:
        await trained.add(tx, model)
    return model
