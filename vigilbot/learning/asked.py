"""Which questions a session holds: the bot's turns, and what customers wrote outside them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vigilbot.learning.lesson import Asked
from vigilbot.models import Dialogue, Question
from vigilbot.storage import cards, lessons, sessions, turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Card, Message, Session, Turn
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Burst:
    """Consecutive customer messages, oldest first, and the turn they made if the bot was listening."""

    messages: tuple[Message, ...]
    turn: Turn | None = None


async def questions_of(session: Session, db: Database, scope: str) -> list[Asked]:
    """The session's questions about which there is something new, oldest first."""
    messages = [message for message in await sessions.messages(db, session.id) if not message.deleted]
    before = {lesson.message_id: lesson for lesson in await lessons.of_session(db, session.id)}
    posted = {card.turn_id: card for card in await cards.of_session(db, session.id) if card.state != "queued"}
    found = []
    for burst in bursts(messages, await turns.of_session(db, session.id)):
        first, turn = burst.messages[0], burst.turn
        last, card = before.get(first.id), posted.get(turn.id) if turn else None
        seen = _digest(messages[messages.index(first) :], card)
        if last and last.seen == seen:
            continue
        asking = {message.id for message in burst.messages}
        dialogue = Dialogue.of(session, messages, asking, scope, turn.id if turn else "")
        judged = (turn and turn.scope) or (last and last.scope) or None
        question = (turn and turn.question) or (last and last.question) or Question(dialogue.turn_text)
        found.append(Asked(session, dialogue, turn, judged, question, card, last, seen))
    return found


async def understood(asked: Asked, reasoner: Reasoner) -> Asked:
    """With scope and question as they were understood before, or as they are understood now. Raises ReasonerError."""
    if asked.scope is not None:
        return asked
    dialogue = _as_it_was_asked(asked.dialogue)
    scope = (await reasoner.identify(dialogue)).scope
    question = await reasoner.rewrite(dialogue) if scope == "within_scope" else asked.question
    return replace(asked, scope=scope, question=question)


def bursts(messages: Sequence[Message], known: Sequence[Turn]) -> list[Burst]:
    """Turns as they were, and between them each run of customer messages that belongs to none."""
    turn_of = {message_id: turn for turn in known for message_id in turn.message_ids}
    found: list[Burst] = []
    open_run = False
    for message in messages:
        if message.role != "customer":
            open_run = open_run and message.role == "bot"
            continue
        turn = turn_of.get(message.id)
        if found and (found[-1].turn == turn if turn else open_run):
            found[-1] = replace(found[-1], messages=(*found[-1].messages, message))
        else:
            found.append(Burst((message,), turn))
        open_run = turn is None
    return found


def _as_it_was_asked(dialogue: Dialogue) -> Dialogue:
    """Without what came after: an answer given later must not make the question look settled."""
    last = dialogue.messages.index(dialogue.turn_messages[-1])
    return replace(dialogue, messages=dialogue.messages[: last + 1])


def _digest(messages: Sequence[Message], card: Card | None) -> str:
    said = [f"{message.id}\0{message.role}\0{message.text}" for message in messages]
    state = card.state if card else ""
    return hashlib.blake2b("\1".join([*said, state]).encode("utf-8", "replace"), digest_size=16).hexdigest()
