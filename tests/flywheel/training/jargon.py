"""A house where customers call systems by nicknames: something to be learnt from marks, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tests.knowledge.entries import BY, document
from vigilbot.flywheel.training.examples import Example, Mark
from vigilbot.models import EVERYONE, Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.knowledge.local import LocalKnowledge

NICKNAMES = {
    "the whale": "container registry",
    "grandpa": "mainframe gateway",
    "the kitchen": "message broker",
    "snowman": "cold storage archive",
    "the attic": "backup vault",
    "blinky": "status dashboard",
    "the river": "log pipeline",
    "piggy": "billing ledger",
}
TASKS = (
    "restart after a crash",
    "rotate the certificate of",
    "raise the quota of",
    "grant a colleague access to",
    "move to another region",
    "read the error history of",
    "schedule maintenance for",
    "lower the cost of",
)
ALL = frozenset({EVERYONE})
MARKED = 8


async def furnish(knowledge: LocalKnowledge) -> None:
    """One entry for each system and task."""
    await knowledge.put(
        [
            document(f"{system}/{number}", f"To {task} the {system}, open its page and follow step {number}.")
            for system in NICKNAMES.values()
            for number, task in enumerate(TASKS)
        ],
        BY,
    )


async def marked(knowledge: LocalKnowledge) -> list[Example]:
    """Every nickname asked about every task, a session each; the analyst knows what is meant."""
    examples = []
    for nickname, system in NICKNAMES.items():
        for number, task in enumerate(TASKS):
            question = Question(f"How do I {task} {nickname}?")
            found = await knowledge.search(question, audiences=ALL, limit=MARKED)
            ids = [one.entry_id for one in found]
            marks = tuple(Mark(id_, float(id_.startswith(f"{system}/"))) for id_ in ids)
            examples.append(Example(f"{nickname}-{number}", f"s-{nickname}-{number}", question, ALL, marks))
    return examples


def shuffled(examples: Sequence[Example], seed: int) -> list[Example]:
    """The same marks, dealt out at random among each question's entries."""
    chance = np.random.default_rng(seed)

    def dealt(one: Example) -> tuple[Mark, ...]:
        worths = chance.permutation([mark.worth for mark in one.marks]).tolist()
        return tuple(Mark(mark.entry_id, worth) for mark, worth in zip(one.marks, worths, strict=True))

    return [replace(one, marks=dealt(one)) for one in examples]
