"""Signals that nobody is asked for: an accept, an analyst's own answer, a customer who asks on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.chat.base import CardAccepted, MessagePosted
from vigilbot.embedding.likeness import likeness
from vigilbot.models import Signal
from vigilbot.storage import annotations as stored
from vigilbot.storage import cards, suggestions, turns

if TYPE_CHECKING:
    from vigilbot.chat.base import ChatEvent
    from vigilbot.embedding.base import Embedder
    from vigilbot.models import SignalKind, Turn
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database

IsAnswer = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Noticing:
    """Stores implicit signals: what people's behaviour says of an answer, without their being asked."""

    db: Database
    clock: Clock
    embedder: Embedder
    is_answer: IsAnswer
    """Whether an analyst's words answer something, rather than promise to look."""

    async def notice(self, event: ChatEvent) -> None:
        """Store what an event says about an answer. Raises EmbeddingError, NotFound."""
        match event:
            case CardAccepted():
                await self._accepted(event)
            case MessagePosted(role="analyst") if self.is_answer(event.text):
                await self._own_answer(event)
            case MessagePosted(role="customer"):
                await self._follow_up(event)

    async def _accepted(self, event: CardAccepted) -> None:
        card = await cards.get(self.db, event.card_id)
        if card.accepted_by == event.author:
            await self._store(event, "accept", card.turn_id, event.author, "", None)

    async def _own_answer(self, event: MessagePosted) -> None:
        """How near an analyst's own words come to what the bot had to say; an open suggestion has come too late."""
        turn = await self._last_answered(event)
        if turn is None or turn.answer is None:
            return
        near = await self._likeness(event.text, turn.answer.text)
        await self._store(event, "own_answer", turn.id, event.author, event.message_id, near)
        suggestion = await suggestions.of_turn(self.db, turn.id)
        if suggestion is not None and suggestion.state == "open":
            async with self.db.transaction() as tx:
                await suggestions.decide(tx, suggestion.id, "overtaken", event.author, event.posted_at)

    async def _follow_up(self, event: MessagePosted) -> None:
        """What a customer writes after a card, and how near it is to what they had asked."""
        turn = await self._last_answered(event)
        if turn is None or turn.question is None or event.message_id in turn.message_ids:
            return
        if any(card.turn_id == turn.id for card in await cards.of_session(self.db, turn.session_id)):
            near = await self._likeness(event.text, turn.question.text)
            await self._store(event, "follow_up", turn.id, event.author, event.message_id, near)

    async def _last_answered(self, event: MessagePosted) -> Turn | None:
        """The latest turn that had an answer when this was written."""
        answered = [
            turn
            for turn in await turns.of_session(self.db, event.place.session_id)
            if turn.answer and turn.outcome == "answered" and turn.ended_at and turn.ended_at <= event.posted_at
        ]
        return answered[-1] if answered else None

    async def _likeness(self, text: str, other: str) -> float:
        vector, other_vector = await self.embedder.embed([text, other])
        return likeness(text, vector, other, other_vector)

    async def _store(
        self,
        event: MessagePosted | CardAccepted,
        kind: SignalKind,
        turn_id: str,
        person: str,
        message_id: str,
        near: float | None,
    ) -> None:
        at = self.clock.now()
        async with self.db.transaction() as tx:
            await stored.notice(tx, Signal(kind, event.place.session_id, turn_id, person, message_id, near, at))
