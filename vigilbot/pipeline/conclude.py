"""The end of a turn, in one transaction: look again, then outcome, card and delivery together or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vigilbot.pipeline.present import present
from vigilbot.pipeline.silence import why_silent
from vigilbot.runtime.failpoints import reached
from vigilbot.storage import cards, outbox, sessions, turns

if TYPE_CHECKING:
    import aiosqlite

    from vigilbot.models import DeliveryMode, Turn
    from vigilbot.pipeline.draft import Draft
    from vigilbot.pipeline.standdown import StandDown
    from vigilbot.storage.database import Database


async def conclude(
    draft: Draft, db: Database, stand_down: StandDown, delivery: DeliveryMode, now: float
) -> Turn | None:
    """Store the outcome; None when what it rests on has changed since it was read, and nothing is stored.

    `delivery` is how answers reach people where nobody has chosen another way.

    Messages are written under the same lock, so nobody can answer between the last look and the commit.
    """
    reached("turn decided")
    async with db.transaction() as tx:
        if await _changed(tx, draft):
            return None
        draft = draft if draft.ended else await _look_again(tx, draft, stand_down, now)
        if not draft.ended:
            draft = draft.end("answered", "the references answer the question")
        turn = replace(draft.turn, ended_at=now, timings={**draft.turn.timings, **draft.stopwatch.timings})
        if await turns.end_turn(tx, turn):
            await _order(tx, turn, draft, delivery, now)
    reached("outcome stored")
    return turn


async def _changed(tx: aiosqlite.Connection, draft: Draft) -> bool:
    """Whether a message of the turn was edited, deleted or added meanwhile, or the card that it repeats taken back."""
    repeated = draft.turn.duplicate_of
    if repeated and not await cards.exists(tx, repeated):
        return True
    now = await sessions.messages_of_turn_in(tx, draft.turn.session_id, draft.turn.id)
    return tuple(message for message in now if not message.deleted) != draft.dialogue.turn_messages


async def _look_again(tx: aiosqlite.Connection, draft: Draft, stand_down: StandDown, now: float) -> Draft:
    session = await sessions.get_in(tx, draft.turn.session_id)
    messages = await sessions.messages_in(tx, draft.turn.session_id)
    reason = stand_down.reason(session, messages, draft.dialogue.turn_messages, now)
    return draft.end("overtaken", reason) if reason else draft


async def _order(tx: aiosqlite.Connection, turn: Turn, draft: Draft, delivery: DeliveryMode, now: float) -> None:
    """The answer; or for somebody who spoke to the bot itself, the reason why there is none."""
    if turn.outcome == "answered":
        await present(tx, turn, draft, delivery, now)
    elif turn.addressed:
        await outbox.order_notice(tx, turn.session_id, why_silent(turn), None, now, turn_id=turn.id)
