"""An analyst decides on a suggestion: as it is, edited, or not at all. What is posted is marked as their choice."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from vigilbot.annotations.editing import rewordings
from vigilbot.errors import DecisionRefused
from vigilbot.models import Adoption, AnswerPart, Card
from vigilbot.safety.outgoing import gated
from vigilbot.safety.redaction.redact import without_secrets
from vigilbot.storage import cards, sessions, suggestions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import aiosqlite

    from vigilbot.annotations.recording import Recording
    from vigilbot.embedding.base import Embedder
    from vigilbot.models import Annotation, Suggestion, SuggestionState
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database

MARK = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True)
class Posting:
    """Turns a suggestion into a card, or into nothing, and records the adoption annotation that follows from it."""

    db: Database
    clock: Clock
    embedder: Embedder
    recording: Recording
    deliver: Callable[[], Awaitable[None]]
    """Bring what has been ordered to its platform."""

    async def post(self, suggestion_id: str, analyst: str, text: str | None) -> Annotation:
        """Post the suggestion, or `text` without its secrets in its place; returns what that says of it.

        Raises NotFound, DecisionRefused, EmbeddingError.
        """
        suggestion = await suggestions.get(self.db, suggestion_id)
        written = await asyncio.to_thread(without_secrets, text) if text is not None else None
        card = self._card(suggestion, analyst, written)
        sent = _text_of(card.parts)
        [vector] = await self.embedder.embed([MARK.sub("", sent)])
        edited = sent != suggestion.text
        adoption = Adoption(
            use="edited" if edited else "used",
            suggested=suggestion.text,
            sent=sent,
            changes=rewordings(suggestion.text, sent) if edited else (),
        )
        statement = await self.recording.statement(suggestion.turn_id, analyst, adoption)
        async with self.db.transaction() as tx:
            await self._decide(tx, suggestion, "posted", analyst)
            await cards.add(tx, card, vector)
            await suggestions.became(tx, suggestion.id, card.id)
            await self.recording.store(tx, statement)
        await self.deliver()
        return statement

    async def decline(self, suggestion_id: str, analyst: str) -> Annotation:
        """Note that it is not useful; why is asked elsewhere. Raises NotFound, DecisionRefused."""
        suggestion = await suggestions.get(self.db, suggestion_id)
        adoption = Adoption("unused", suggested=suggestion.text)
        statement = await self.recording.statement(suggestion.turn_id, analyst, adoption)
        async with self.db.transaction() as tx:
            await self._decide(tx, suggestion, "declined", analyst, posts=False)
            await self.recording.store(tx, statement)
        return statement

    async def _decide(
        self,
        tx: aiosqlite.Connection,
        suggestion: Suggestion,
        state: SuggestionState,
        analyst: str,
        *,
        posts: bool = True,
    ) -> None:
        session = await sessions.get_in(tx, suggestion.session_id)
        if posts and session.state == "closed":
            raise DecisionRefused("This session has been closed meanwhile, so nothing was posted.")
        if posts and session.muted:
            raise DecisionRefused("This thread is muted, so nothing was posted; unmute it first.")
        if not await suggestions.decide(tx, suggestion.id, state, analyst, self.clock.now()):
            now = await suggestions.get_in(tx, suggestion.id)
            raise DecisionRefused(f"{now.decided_by or 'Somebody'} has decided on this suggestion before: {now.state}.")

    def _card(self, suggestion: Suggestion, analyst: str, text: str | None) -> Card:
        parts, sources = suggestion.parts, suggestion.sources
        if text is not None and text.strip() != suggestion.text:
            if not text.strip():
                raise DecisionRefused("The text is empty, so nothing was posted.")
            # Links that the analyst wrote stay readable; only cited sources can be clicked.
            said = gated(text.strip(), {source.url for source in sources if source.url}, text)
            parts = (AnswerPart("\n".join(part.question for part in parts if not part.refused), said),)
            cited = set(map(int, MARK.findall(said)))
            sources = tuple(source for source in sources if source.number in cited)
        return Card(
            id=uuid4().hex,
            session_id=suggestion.session_id,
            turn_id=suggestion.turn_id,
            parts=parts,
            sources=sources,
            reasoner=suggestion.reasoner,
            state="queued",
            created_at=self.clock.now(),
            chosen_by=analyst,
        )


def _text_of(parts: tuple[AnswerPart, ...]) -> str:
    return "\n\n".join(part.text for part in parts if not part.refused)
