"""What an analyst writes or links to fill a gap becomes knowledge at once: a person has put it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.knowledge.texts import normalised
from vigilbot.learning.merging import merged, new_entry_id
from vigilbot.models import Origin
from vigilbot.safety.redaction.redact import redacted
from vigilbot.storage import sessions
from vigilbot.storage.entries import Change, Content, NewVersion, Shelf

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.models import Gap, Pair, Session
    from vigilbot.runtime.clock import Clock

WHY = "filled a gap"


@dataclass(frozen=True, slots=True)
class GapWriter:
    """Writes an analyst's own answer to a gap into the knowledge base."""

    knowledge: LocalKnowledge
    clock: Clock
    permalink: Callable[[Session], Awaitable[str]]

    async def write(self, gap: Gap, pair: Pair, analyst: str) -> list[str]:
        """Keep a pair for the gap's audience, merged with what says the same; returns the entry's id.

        Raises EmbeddingError, KnowledgeError.
        """
        session = await sessions.get(self.knowledge.db, gap.session_id)
        said = Content(
            f"Written by {analyst}",
            redacted(normalised(pair.answer)).text,
            await self.permalink(session),
            redacted(normalised(pair.question)).text,
        )
        fresh = NewVersion(new_entry_id(gap.session_id, gap.id, 0), Shelf("qa", gap.audience), said)
        addition = await merged(fresh, None, (), self.knowledge)
        origin = Origin(session_id=gap.session_id, turn_id=gap.turn_id, people=(analyst,))
        by = Change(analyst, WHY, self.clock.now(), (origin,))
        written = await self.knowledge.put([addition.version], by) if addition else []
        return [item.ref.entry_id for item in written] or [fresh.id]
