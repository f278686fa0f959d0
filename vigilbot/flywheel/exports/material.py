"""What the exports are made of: annotations that nobody doubts, with the turn and the dialogue they are about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vigilbot.models import EVERYONE, Dialogue
from vigilbot.storage import annotations as stored
from vigilbot.storage import sessions, turns

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator

    from vigilbot.flywheel.exports.writing import Wanted
    from vigilbot.models import Annotation, AnnotationKind, Message, Turn
    from vigilbot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Told:
    """One annotation with the turn it is about."""

    annotation: Annotation
    turn: Turn
    dialogue: Dialogue
    """As it stood when the turn began; people are named by their role alone."""


async def told(db: Database, wanted: Wanted, kind: AnnotationKind, left_out: Counter[str]) -> AsyncIterator[Told]:
    """The annotations of a kind, oldest first; those that a judge has flagged are counted instead."""
    flagged = {flag.annotation_id for flag in await stored.flags(db)}
    for annotation in await stored.since(db, wanted.since, wanted.audience, kind):
        if annotation.id in flagged:
            left_out["flagged by a judge"] += 1
            continue
        turn = await turns.get(db, annotation.turn_id)
        yield Told(annotation, turn, await dialogue_of(db, turn))


async def dialogue_of(db: Database, turn: Turn) -> Dialogue:
    """What the bot saw of the session when it answered; whom it was for no longer matters."""
    written = [one for one in await sessions.messages(db, turn.session_id) if not one.deleted]
    asked = [one for one in written if one.id in turn.message_ids]
    until = max((one.posted_at for one in asked), default=turn.created_at)
    seen = tuple(unnamed(one) for one in written if one.posted_at <= until)
    ids = {one.id for one in asked}
    burst = tuple(one for one in seen if one.id in ids)
    return Dialogue(turn.session_id, turn.id, seen, burst, "", frozenset({EVERYONE}))


def unnamed(message: Message) -> Message:
    """The message by its author's role alone."""
    return replace(message, author=message.role)
