"""One session: its events take effect one after another, its bursts become turns, its turns run one at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import structlog

from vigilbot.chat.base import (
    AlertAnswered,
    CardAccepted,
    ChatEvent,
    CommandGiven,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    SessionOpened,
    TicketAsked,
)
from vigilbot.models import Message, Session, Turn
from vigilbot.runtime.failpoints import reached
from vigilbot.sessions import changes, lifecycle, notices
from vigilbot.sessions.burst import Burst
from vigilbot.sessions.patience import until_stored
from vigilbot.storage import cards, inbox, jobs, outbox, sessions, turns

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiosqlite

    from vigilbot.chat.base import Place
    from vigilbot.runtime.activity import Activity
    from vigilbot.runtime.clock import Clock
    from vigilbot.runtime.tasks import Tasks
    from vigilbot.sessions.courier import Courier
    from vigilbot.sessions.feed import Feed
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)


class Respond(Protocol):
    async def __call__(self, turn: Turn) -> Turn | None:
        """Bring a turn to its outcome and store it; None when its messages changed meanwhile: it has to run again."""


class ServesAnalysts(Protocol):
    async def concluded(self, turn: Turn) -> None:
        """A turn has ended, and what it led to has not been delivered yet."""

    def observe(self, event: ChatEvent) -> None:
        """An event has taken effect."""


class Tickets(Protocol):
    """Triage, as sessions see it."""

    def noticed(self, session_id: str) -> None:
        """Something has happened in the session, and is stored."""

    async def take(self, event: AlertAnswered | TicketAsked) -> None:
        """Let an event about an alert take effect; doing it twice changes nothing."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every lane shares."""

    db: Database
    clock: Clock
    tasks: Tasks
    activity: Activity
    feed: Feed
    courier: Courier
    respond: Respond
    engage: lifecycle.Engage
    quiet_window: float
    learn: Callable[[], None] | None = None
    """Called when a session has ordered to be learnt from; None: nothing is learnt."""
    analysts: ServesAnalysts | None = None
    """Who asks analysts about turns, and notices what people do; None: nobody."""
    tickets: Tickets | None = None
    """None: there is no triage."""


class SessionActor:
    def __init__(self, place: Place, desk: Desk) -> None:
        self._place = place
        self._desk = desk
        self._burst = Burst(desk.clock, desk.activity, desk.quiet_window)
        self._one_turn = asyncio.Lock()
        self._running = 0

    @property
    def idle(self) -> bool:
        """Nothing is under way that another actor for the same session would not know of."""
        return self._running == 0

    async def handle(self, event: ChatEvent) -> None:
        """Let one event take effect; its inbox row is finished in the same transaction."""
        match event:
            case SessionOpened():
                await self._opened(event)
            case MessagePosted():
                await self._posted(event)
            case MessageEdited() | MessageDeleted():
                await self._changed(event)
            case CommandGiven():
                await self._command(event)
            case CardAccepted():
                await self._accepted(event)
            case AlertAnswered() | TicketAsked():
                await self._about_ticket(event)
        reached("effect stored")
        if self._desk.analysts:
            self._desk.analysts.observe(event)
        self._desk.feed.publish(self._place.session_id)
        if self._desk.tickets and not isinstance(event, AlertAnswered | TicketAsked):
            self._desk.tickets.noticed(self._place.session_id)

    def resume(self, turn: Turn) -> None:
        """Run a turn that is stored without outcome."""
        self._spawn(turn, burst_limit=0.0)

    def _spawn(self, turn: Turn, burst_limit: float) -> None:
        self._running += 1
        self._desk.tasks.spawn(self._desk.activity.tracked(self._run(turn, burst_limit)), name=f"turn {turn.id}")

    async def _session(self, title: str, at: float) -> Session:
        found = await sessions.find(self._desk.db, self._place.session_id)
        return found or lifecycle.opened(self._place, title, at)

    async def _opened(self, event: SessionOpened) -> None:
        session = await self._session(event.title, event.opened_at)
        async with self._desk.db.transaction() as tx:
            await sessions.save(tx, session)
            await inbox.finish(tx, event.event_id, self._desk.clock.now())

    async def _posted(self, event: MessagePosted) -> None:
        before = await self._session(event.title or event.text, event.posted_at)
        session = lifecycle.after_message(before, event.role, event.posted_at)
        listens = lifecycle.listens(session, self._desk.engage, event.posted_at)
        becomes_turn = event.role == "customer" and (event.addressed or listens)
        engages = event.role == "analyst" and listens and lifecycle.is_first_word(before, event.posted_at)
        try:
            async with self._desk.db.transaction() as tx:
                await sessions.save(tx, session)
                turn = await self._store_message(tx, event, becomes_turn=becomes_turn)
                overheard = await self._overheard(tx, event.posted_at, before.engaged_at) if engages else None
                await inbox.finish(tx, event.event_id, self._desk.clock.now())
        except BaseException:
            self._burst.end()  # its turn may not exist: the event, tried again, begins another one
            raise
        for begun in (turn, overheard):
            if begun:
                self._spawn(begun, self._burst.limit())

    async def _store_message(
        self, tx: aiosqlite.Connection, event: MessagePosted, *, becomes_turn: bool
    ) -> Turn | None:
        """Returns the turn that begins with this message, if one does."""
        fresh = None
        if becomes_turn:
            fresh = self._burst.join(lambda: self._new_turn((event.message_id,), addressed=event.addressed))
        else:
            self._burst.end()
        turn = self._burst.turn
        if fresh:
            await turns.open_turn(tx, fresh)
        elif turn and event.addressed:
            await turns.mark_addressed(tx, turn.id)
        await sessions.add_message(tx, _message(event), turn.id if turn else None)
        await changes.take_effect(tx, event)
        return fresh

    async def _overheard(self, tx: aiosqlite.Connection, joined_at: float, before: float | None) -> Turn | None:
        """What customers wrote after the analyst's first word, but was brought before it, becomes a turn now."""
        missed = await sessions.unturned(tx, self._place.session_id, joined_at, before)
        if not missed:
            return None
        turn = self._new_turn(tuple(missed), addressed=False)
        await turns.open_turn(tx, turn)
        await sessions.put_into_turn(tx, self._place.session_id, missed, turn.id)
        return turn

    def _new_turn(self, message_ids: tuple[str, ...], *, addressed: bool) -> Turn:
        return Turn(
            id=uuid4().hex,
            session_id=self._place.session_id,
            message_ids=message_ids,
            created_at=self._desk.clock.now(),
            addressed=addressed,
        )

    async def _run(self, turn: Turn, burst_limit: float) -> None:
        try:
            await self._burst.over(turn, burst_limit)
            async with self._one_turn:
                await self._respond(turn.id)
        finally:
            self._running -= 1

    async def _respond(self, turn_id: str) -> None:
        ended: Turn | None = None
        while ended is None:
            ended = await until_stored(lambda: self._once(turn_id), self._desk.clock, self._desk.activity)
        log.info("turn_ended", session=ended.session_id, turn=ended.id, outcome=ended.outcome, **ended.timings)
        await self._tell_analysts(ended)
        self._desk.feed.publish(ended.session_id)
        await self._deliver()

    async def _tell_analysts(self, ended: Turn) -> None:
        """What they are asked may fail: the card that waits behind it is delivered all the same."""
        analysts = self._desk.analysts
        if analysts is None:
            return
        try:
            await until_stored(lambda: analysts.concluded(ended), self._desk.clock, self._desk.activity)
        except Exception:
            log.exception("analysts_not_asked", session=ended.session_id, turn=ended.id)

    async def _deliver(self) -> None:
        """By itself, since what has taken effect must not be tried again because this fails."""
        await until_stored(self._desk.courier.collect, self._desk.clock, self._desk.activity)

    async def _once(self, turn_id: str) -> Turn | None:
        return await self._desk.respond(await turns.get(self._desk.db, turn_id))

    async def _changed(self, event: MessageEdited | MessageDeleted) -> None:
        again: Turn | None = None
        async with self._desk.db.transaction() as tx:
            if await changes.take_effect(tx, event):
                again = await turns.reopen(tx, self._place.session_id, event.message_id)
            await inbox.finish(tx, event.event_id, self._desk.clock.now())
        if again:
            self._spawn(again, burst_limit=0.0)

    async def _command(self, event: CommandGiven) -> None:
        known = await sessions.find(self._desk.db, self._place.session_id)
        session = lifecycle.after_command(known, event) if known else None
        async with self._desk.db.transaction() as tx:
            if session:  # a reaction on a reply looks like a command for a thread that does not exist
                await sessions.save(tx, session)
            if session and event.command == "close" and session.state == "closed" and self._desk.learn:
                await jobs.order(tx, session.id, "closing", event.given_at)
            if session and (text := notices.reply_to(event, session)):
                await outbox.order_notice(tx, session.id, text, event.author, self._desk.clock.now())
            await inbox.finish(tx, event.event_id, self._desk.clock.now())
        await self._deliver()
        self._learn()

    async def _accepted(self, event: CardAccepted) -> None:
        here = self._place.session_id
        entitled = event.role == "analyst" or await sessions.has_written(self._desk.db, here, event.author)
        async with self._desk.db.transaction() as tx:
            if entitled and await cards.accept(tx, here, event.card_id, event.author, event.accepted_at):
                await outbox.order(tx, here, outbox.CARD_UPDATE, {"card_id": event.card_id}, event.accepted_at)
                if self._desk.learn:
                    await jobs.order(tx, here, "accepted", event.accepted_at)
            await inbox.finish(tx, event.event_id, self._desk.clock.now())
        await self._deliver()
        self._learn()

    async def _about_ticket(self, event: AlertAnswered | TicketAsked) -> None:
        if self._desk.tickets:
            await self._desk.tickets.take(event)
        async with self._desk.db.transaction() as tx:
            await inbox.finish(tx, event.event_id, self._desk.clock.now())

    def _learn(self) -> None:
        if self._desk.learn:
            self._desk.learn()


def _message(event: MessagePosted) -> Message:
    return Message(
        id=event.message_id,
        session_id=event.place.session_id,
        author=event.author,
        role=event.role,
        text=event.text,
        posted_at=event.posted_at,
        images=event.images,
    )
