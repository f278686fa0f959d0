"""A gap is filled: an analyst writes the answer, or links the page that has it, and it becomes knowledge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from vigilbot.errors import DecisionRefused
from vigilbot.models import Gap, Pair
from vigilbot.safety.redaction.redact import without_secrets
from vigilbot.storage import gaps

if TYPE_CHECKING:
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database

Write = Callable[[Gap, Pair, str], Awaitable[list[str]]]
"""Keep a pair that an analyst wrote for a gap; returns the ids of the entries it became."""
Read = Callable[[Gap, str, str], Awaitable[list[str]]]
"""Read the page at an address that an analyst gave for a gap; returns the ids of the entries that are in use now."""


class Filled(NamedTuple):
    """A gap that was closed, and whether what fills it is in use; otherwise it waits for approval."""

    gap: Gap
    in_use: bool


@dataclass(frozen=True, slots=True)
class Filling:
    """Closes gaps, the work items that missing-knowledge annotations open."""

    db: Database
    clock: Clock
    write: Write
    read: Read | None
    """None: pages are not read, because nothing is learnt (VIGIL_LEARNING=off)."""

    async def fill(self, gap_id: str, analyst: str, *, question: str, answer: str, link: str) -> Filled:
        """Write what was answered, read what was linked, and close the gap.

        Raises NotFound, DecisionRefused, FetchError, IngestError, EmbeddingError, KnowledgeError.
        """
        gap = await gaps.get(self.db, gap_id)
        if gap.state != "open":
            raise DecisionRefused(f"{gap.closed_by} has {gap.state} this gap already.")
        entries = await self._entries(gap, analyst, question.strip() or gap.question, answer.strip(), link.strip())
        async with self.db.transaction() as tx:
            await gaps.close(tx, gap_id, "closed", analyst, self.clock.now(), entries)
        return Filled(gap, bool(entries))

    async def _entries(self, gap: Gap, analyst: str, question: str, answer: str, link: str) -> list[str]:
        if not answer and not link:
            raise DecisionRefused("Write the answer, or link the page that has it.")
        if answer and not question:
            raise DecisionRefused("Write the question that this answers.")
        if link and self.read is None:
            raise DecisionRefused("Pages are not read here, because VIGIL_LEARNING is off: write the answer.")
        if without_secrets(link) != link:
            raise DecisionRefused("That address holds a secret: link the page by an address without one.")
        found = await self.read(gap, link, analyst) if link and self.read else []
        return found + (await self.write(gap, Pair(question, answer), analyst) if answer else [])
