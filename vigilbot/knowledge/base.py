"""The seam between the pipeline and the knowledge base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from vigilbot.models import Audience, Entry, Question, Reference


class KnowledgeBase(Protocol):
    """What the pipeline may ask of the knowledge base; implemented in `knowledge/local.py`."""

    async def search(self, question: Question, *, audiences: frozenset[Audience], limit: int) -> list[Reference]:
        """The best `limit` references for the question, its sub-questions and variants, best first.

        Only active entries of exactly these audiences can be returned: there is no way to leave them out.
        Raises KnowledgeError when the index cannot be searched.
        """

    async def get(self, entry_id: str) -> Entry:
        """One entry in its current version. Raises NotFound."""

    async def count(self) -> int:
        """How many active entries there are."""
