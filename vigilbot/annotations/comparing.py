"""Two answers to one turn, to be compared: the one given, and a second one made aside for a sampled turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import TYPE_CHECKING

from vigilbot.models import Candidate, Turn
from vigilbot.storage import requests
from vigilbot.storage.requests import Alternative

if TYPE_CHECKING:
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database

Propose = Callable[[Turn], Awaitable[Candidate | None]]
"""Answers a turn once more, in another way; None when that came to nothing, or to the same words."""


@dataclass(frozen=True, slots=True)
class Comparing:
    """Makes the second answer for AITL's pairwise preference, and shows both in a random order."""

    db: Database
    clock: Clock
    propose: Propose
    random: Random = field(default_factory=SystemRandom)

    async def prepare(self, turn: Turn) -> None:
        """Make and keep a second answer to an answered turn. Nobody waits for it. Raises ReasonerError."""
        if await requests.alternative(self.db, turn.id):
            return
        candidate = await self.propose(turn)
        if candidate is None:
            return
        drawn = self.random.random() < 0.5
        async with self.db.transaction() as tx:
            await requests.add_alternative(tx, Alternative(turn.id, candidate, drawn, self.clock.now()))

    async def pair(self, turn: Turn) -> tuple[Candidate, Candidate] | None:
        """The two answers, left and right as they were drawn; None when there is only one."""
        alternative = await requests.alternative(self.db, turn.id)
        if alternative is None or turn.answer is None:
            return None
        entries = tuple(reference.entry_id for reference in turn.references)
        given = Candidate(turn.answer.text, turn.answer.reasoner, "given", entries)
        other = alternative.candidate
        return (given, other) if alternative.given_left else (other, given)
