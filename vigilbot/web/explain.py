"""One quiet line under a customer's message: why the bot waits, stays silent or spoke. Silence is never a riddle."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from vigilbot.config import Settings
    from vigilbot.models import Message, Session, Turn

NoteKind = Literal["waiting", "listening", "thinking", "silent", "muted", "answered", "failed"]

OUTCOMES: dict[str, tuple[NoteKind, str]] = {
    "answered": ("answered", "Answered"),
    "out_of_scope": ("silent", "Silent: out of scope"),
    "no_assistance": ("silent", "Silent: no help needed"),
    "refused": ("silent", "Silent: refused"),
    "duplicate": ("silent", "Silent: duplicate"),
    "overtaken": ("silent", "Silent: overtaken"),
    "failed": ("failed", "No answer: something failed"),
}


@dataclass(frozen=True, slots=True)
class Note:
    """`turn_id` names the turn whose details stand in the side panel, if there is one."""

    kind: NoteKind
    text: str
    turn_id: str | None = None

    @property
    def passing(self) -> bool:
        """True when the line will change by itself within seconds."""
        return self.kind in {"listening", "thinking"}


def notes(
    session: Session,
    messages: Sequence[Message],
    turns: Iterable[Turn],
    settings: Settings,
    now: float,
    withheld: Collection[str] = (),
) -> dict[str, Note]:
    """The line for each customer message that gets one: the last of its turn, or of a run without turn.

    `withheld` are the turns whose answer only analysts have been shown, or nobody.
    """
    turn_of = {message_id: turn for turn in turns for message_id in turn.message_ids}
    found: dict[str, Note] = {}
    for message, following in zip_longest(messages, messages[1:]):
        turn = turn_of.get(message.id)
        if message.role != "customer" or message.deleted:
            continue
        if turn is not None:
            found.pop(next((mid for mid in turn.message_ids if mid in found), ""), None)
            found[message.id] = (
                Note("silent", "Silent: left to the analysts", turn.id)
                if turn.id in withheld
                else _of_turn(turn, message, settings.quiet_window, now)
            )
        elif following is None or following.role != "customer" or following.id in turn_of:
            found[message.id] = _without_turn(session, message, settings.engage)
    return found


def _of_turn(turn: Turn, last: Message, quiet_window: float, now: float) -> Note:
    if turn.outcome is None:
        if now - last.posted_at < quiet_window:
            return Note("listening", "Listening for the end of the burst…", turn.id)
        return Note("thinking", "Thinking…", turn.id)
    kind, words = OUTCOMES[turn.outcome]
    if turn.outcome == "answered":
        took = turn.timings.get("total")
        return Note(kind, f"{words} in {took:,.0f} ms" if took is not None else words, turn.id)
    return Note(kind, f"{words} — {turn.reason}" if turn.reason else words, turn.id)


def _without_turn(session: Session, message: Message, engage: str) -> Note:
    if engage == "analyst":
        if session.engaged_at is None and session.state == "closed":
            return Note("silent", "Silent: no analyst joined before the session was closed")
        if session.engaged_at is None:
            return Note("waiting", "Waiting: no analyst has joined yet")
        if message.posted_at < session.engaged_at:
            return Note("silent", "Silent: no analyst had joined yet")
    if session.muted:
        return Note("muted", "Muted: vigilbot stays silent in this session")
    return Note("silent", "Silent: vigilbot was muted or not running when this was written")
