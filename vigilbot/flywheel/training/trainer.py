"""The two trainings over a knowledge base: what they read of it, and the tuning that comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.errors import FlywheelError
from vigilbot.flywheel.training import adapting, weighing
from vigilbot.flywheel.training.adapting import Vectors
from vigilbot.flywheel.training.weighing import Weighed
from vigilbot.knowledge.texts import asked_text
from vigilbot.storage import tokens as stored
from vigilbot.storage.entries import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from vigilbot.flywheel.training.examples import Example
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.knowledge.tuned.tuning import Seen, Tuning
    from vigilbot.models import ModelKind

OTHERS = 1_000
"""Entries drawn at random to stand against those that are relevant."""


@dataclass(frozen=True, slots=True)
class Material:
    """What both trainings need of the knowledge base, read once."""

    vectors: Vectors
    weighed: dict[str, Weighed]
    """By example."""
    share: float
    """Of the reranker that is in use; 0 without one."""


async def read(
    knowledge: LocalKnowledge,
    examples: Sequence[Example],
    kind: ModelKind,
    before: Tuning,
    seed: int,
    follow: Callable[[int, int, str], None],
) -> Material:
    """Raises FlywheelError when the reranker is off and should be trained."""
    vectors = await _vectors(knowledge, examples, seed)
    if kind == "retriever":
        return Material(vectors, {}, 0.0)
    search = await knowledge.searching(before._replace(head=None))
    if search.reranker is None:
        raise FlywheelError("VIGIL_RERANK_MODEL=off: there is no reranker to train; set it to `bundled`")
    weighed: dict[str, Weighed] = {}
    for number, one in enumerate(examples, 1):
        measured = await search.measured(one.question, one.audiences)
        if measured is not None:
            weighed[one.id] = _weighed(one, measured.refs, measured.seen)
        follow(number, len(examples), "Searching")
    return Material(vectors, weighed, search.reranker.share)


def trained(
    kind: ModelKind, examples: Sequence[Example], material: Material, before: Tuning, seed: int, version: int
) -> Tuning:
    """What would be in use with a model trained on these examples; the other kind stays as it is."""
    if kind == "retriever":
        return before._replace(adapter=adapting.trained(examples, material.vectors, seed, version))
    known = [material.weighed[one.id] for one in examples if one.id in material.weighed]
    return before._replace(head=weighing.trained(known, material.share, version))


def _weighed(one: Example, refs: Sequence[Ref], seen: Seen) -> Weighed:
    """The marked candidates, each as the wording measures it that suits it best."""
    worths = {mark.entry_id: mark.worth for mark in one.marks}
    columns = [at for at, ref in enumerate(refs) if ref.entry_id in worths]
    best = seen.fused.argmax(axis=0)
    measures = seen.measures()
    return Weighed(
        np.array([measures[best[at], at] for at in columns], np.float32).reshape(-1, 4),
        np.array([worths[refs[at].entry_id] for at in columns], np.float32),
    )


async def _vectors(knowledge: LocalKnowledge, examples: Sequence[Example], seed: int) -> Vectors:
    embedder, db = knowledge.embedder, knowledge.db
    asked = await embedder.embed([asked_text(one.question.text) for one in examples])
    marked = {mark.entry_id for one in examples for mark in one.marks}
    rows = await db.rows(
        """SELECT c.id, c.version FROM current_entries c
             JOIN vectors v ON v.entry_seq = c.seq AND v.version = c.version AND v.embedder = ?
            WHERE c.status = 'active' ORDER BY c.id""",
        (embedder.name,),
    )
    refs = [Ref(row["id"], row["version"]) for row in rows]
    drawn = np.random.default_rng(seed).permutation(len(refs))[:OTHERS]
    others = [refs[at] for at in sorted(drawn) if refs[at].entry_id not in marked]
    known = await stored.vectors_of(db, [ref for ref in refs if ref.entry_id in marked], embedder.name)
    strangers = await stored.vectors_of(db, others, embedder.name)
    return Vectors(
        {one.id: vector for one, vector in zip(examples, asked, strict=True)},
        {ref.entry_id: vector for ref, vector in known.items()},
        _stacked(list(strangers.values()), embedder.dimensions),
    )


def _stacked(vectors: list[NDArray[np.float32]], dimensions: int) -> NDArray[np.float32]:
    return np.stack(vectors) if vectors else np.zeros((0, dimensions), np.float32)
