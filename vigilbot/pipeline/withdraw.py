"""Takes back a card that has not been posted in time: its turn ends `overtaken` after all.

Whoever got no card because this one would have said the same is considered anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from vigilbot.pipeline.silence import why_silent
from vigilbot.storage import cards, outbox, sessions, turns

if TYPE_CHECKING:
    import aiosqlite

    from vigilbot.models import Message, Session, Turn
    from vigilbot.pipeline.standdown import StandDown
    from vigilbot.storage.database import Database


class Withdrawn(NamedTuple):
    """A card was taken back; `again` are the turns of its session that have lost their outcome with it."""

    session: Session
    again: list[Turn]


async def withdraw(card_id: str, db: Database, stand_down: StandDown, now: float) -> Withdrawn | None:
    """Look again, as at the end of the turn; None when the card is still wanted. Raises NotFound."""
    card = await cards.get(db, card_id)
    if card.chosen_by:
        return None  # an analyst has looked at the thread, and wants it there
    turn = await turns.get(db, card.turn_id)
    async with db.transaction() as tx:
        session = await sessions.get_in(tx, card.session_id)
        messages = [message for message in await sessions.messages_in(tx, card.session_id) if not message.deleted]
        asked = [message for message in messages if message.id in turn.message_ids]
        reason = stand_down.reason(session, messages, asked, now)
        if reason is None:
            return None
        overtaken = replace(turn, outcome="overtaken", reason=reason)
        await turns.overtake(tx, overtaken)
        again = await _open_duplicates(tx, card_id, session, messages, stand_down, now)
        await cards.withdraw(tx, card_id)
        if turn.addressed:
            await outbox.order_notice(tx, turn.session_id, why_silent(overtaken), None, now, turn_id=turn.id)
    return Withdrawn(session, again)


async def _open_duplicates(
    tx: aiosqlite.Connection,
    card_id: str,
    session: Session,
    messages: list[Message],
    stand_down: StandDown,
    now: float,
) -> list[Turn]:
    """Take the outcome from the turns that this card was to answer as well, where an answer is still wanted."""
    again = []
    for turn_id in await turns.duplicates_of(tx, card_id):
        written = await sessions.messages_of_turn_in(tx, session.id, turn_id)
        asked = [message for message in written if not message.deleted]
        if stand_down.reason(session, messages, asked, now) is None:
            await outbox.take_back_notice(tx, session.id, turn_id)
            again.append(await turns.begin_again(tx, turn_id, [message.id for message in written]))
    return again
