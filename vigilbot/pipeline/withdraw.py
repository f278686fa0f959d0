"""Takes back a card that has not been posted in time: its turn ends `overtaken` after all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vigilbot.pipeline.silence import why_silent
from vigilbot.storage import cards, outbox, sessions, turns

if TYPE_CHECKING:
    from vigilbot.pipeline.standdown import StandDown
    from vigilbot.storage.database import Database


async def withdraw(card_id: str, db: Database, stand_down: StandDown, now: float) -> bool:
    """Look again, as at the end of the turn; False when the card is still wanted. Raises NotFound."""
    card = await cards.get(db, card_id)
    if card.chosen_by:
        return False  # an analyst has looked at the thread, and wants it there
    turn = await turns.get(db, card.turn_id)
    async with db.transaction() as tx:
        session = await sessions.get_in(tx, card.session_id)
        messages = [message for message in await sessions.messages_in(tx, card.session_id) if not message.deleted]
        asked = [message for message in messages if message.id in turn.message_ids]
        reason = stand_down.reason(session, messages, asked, now)
        if reason is None:
            return False
        overtaken = replace(turn, outcome="overtaken", reason=reason)
        await turns.overtake(tx, overtaken)
        await cards.withdraw(tx, card_id)
        if turn.addressed:
            await outbox.order_notice(tx, turn.session_id, why_silent(overtaken), None, now)
    return True
