"""The end of a turn, in one transaction: look again, then outcome, card and delivery together or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vigilbot.pipeline.card import card_of
from vigilbot.pipeline.standdown import answered_by
from vigilbot.storage import cards, sessions, turns

if TYPE_CHECKING:
    import aiosqlite

    from vigilbot.models import Turn
    from vigilbot.pipeline.draft import Draft
    from vigilbot.storage.database import Database


async def conclude(draft: Draft, db: Database, now: float) -> Turn | None:
    """Store the outcome; None when the turn's messages have changed since they were read, and nothing is stored.

    Messages are written under the same lock, so nobody can answer between the last look and the commit.
    """
    async with db.transaction() as tx:
        if await _changed(tx, draft):
            return None
        draft = draft if draft.ended else await _stand_down(tx, draft)
        if not draft.ended:
            draft = draft.end("answered", "the references answer the question")
        turn = replace(draft.turn, ended_at=now, timings={**draft.turn.timings, **draft.stopwatch.timings})
        if await turns.end_turn(tx, turn) and turn.outcome == "answered":
            assert draft.vector is not None  # noqa: S101 - `dedup` sets it for every answer
            await cards.add(tx, card_of(turn, now), draft.vector)
    return turn


async def _changed(tx: aiosqlite.Connection, draft: Draft) -> bool:
    now = [message for message in await sessions.messages_in(tx, draft.turn.session_id) if not message.deleted]
    mine = {message.id for message in draft.dialogue.turn_messages}
    return tuple(message for message in now if message.id in mine) != draft.dialogue.turn_messages


async def _stand_down(tx: aiosqlite.Connection, draft: Draft) -> Draft:
    session = await sessions.get_in(tx, draft.turn.session_id)
    if session.muted:
        return draft.end("overtaken", "the thread was muted in the meantime")
    if session.state == "closed":
        return draft.end("overtaken", "the session was closed in the meantime")
    messages = await sessions.messages_in(tx, draft.turn.session_id)
    if by := answered_by(messages, draft.dialogue.turn_messages):
        return draft.end("overtaken", f"{by.author} answered first")
    return draft
