"""How an answer reaches people: as a card in the thread, as a suggestion to its analysts, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from vigilbot.models import Suggestion
from vigilbot.pipeline.card import card_of
from vigilbot.storage import cards, outbox, sessions, suggestions

if TYPE_CHECKING:
    import aiosqlite

    from vigilbot.models import DeliveryMode, Turn
    from vigilbot.pipeline.draft import Draft

NOT_BY_MYSELF = "I do not answer by myself here; an analyst will."
"""Owed to somebody who spoke to the bot where it only suggests."""


async def present(tx: aiosqlite.Connection, turn: Turn, draft: Draft, default: DeliveryMode, now: float) -> None:
    """Store the answer of an answered turn, and order what is to be shown to whom."""
    assert draft.vector is not None  # noqa: S101 - `dedup` sets it for every answer
    mode = await suggestions.mode_in(tx, draft.dialogue.audiences, default)
    if mode == "proactive":
        await cards.add(tx, card_of(turn, now), draft.vector)
        return
    suggestion = _suggestion(turn, mode, now)
    await suggestions.add(tx, suggestion)
    for analyst in await sessions.analysts_in(tx, turn.session_id) if mode == "suggest" else ():
        payload = {"suggestion_id": suggestion.id, "to": analyst}
        await outbox.order(tx, turn.session_id, outbox.SUGGESTION, payload, now)
    if turn.addressed:
        await outbox.order_notice(tx, turn.session_id, NOT_BY_MYSELF, None, now)


def _suggestion(turn: Turn, mode: DeliveryMode, now: float) -> Suggestion:
    as_card = card_of(turn, now)
    return Suggestion(
        id=uuid4().hex,
        session_id=turn.session_id,
        turn_id=turn.id,
        parts=as_card.parts,
        sources=as_card.sources,
        reasoner=as_card.reasoner,
        mode=mode,
        state="open",
        created_at=now,
    )
