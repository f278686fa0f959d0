"""The door for events: stored without secrets, then handed to their session's lane; what was unfinished is resumed."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from vigilbot.chat.base import CommandGiven, Place
from vigilbot.chat.wire import decode
from vigilbot.runtime.failpoints import reached
from vigilbot.runtime.tasks import survived
from vigilbot.sessions.actor import Desk, SessionActor
from vigilbot.sessions.cleaning import cleaned
from vigilbot.sessions.doorkeeper import Doorkeeper
from vigilbot.sessions.patience import until_stored
from vigilbot.storage import inbox, sessions, turns

if TYPE_CHECKING:
    from vigilbot.chat.base import ChatEvent
    from vigilbot.models import Session, Turn

log = structlog.get_logger(__name__)

LANE_CAPACITY = 1_000
LANES_AT_ONCE = 4
"""How many sessions' events take effect at a time: what comes in never waits behind more writers than these.

While there is a crowd at the door it is one: what has to be acknowledged goes before what is safe already.
"""
SWEEP_SECONDS = 60.0


class Lane:
    """A session's actor and the events that wait for it."""

    def __init__(self, actor: SessionActor) -> None:
        self.actor = actor
        self.waiting: asyncio.Queue[ChatEvent] = asyncio.Queue(LANE_CAPACITY)
        self.served = False


class Intake:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._doorkeeper = Doorkeeper(desk.db, desk.clock)
        self._one_is_cleaned = asyncio.Lock()
        self._lanes: dict[str, Lane] = {}
        self._taking_effect = asyncio.Semaphore(LANES_AT_ONCE)
        self._in_a_crowd = asyncio.Lock()

    async def receive(self, event: ChatEvent) -> bool:
        """Store an event, then hand it on; False when it, or the message it brings, is known already.

        When this returns, the event survives any crash: the adapter may acknowledge.
        """
        reached("event received")
        async with self._one_is_cleaned:  # in turn: a short message must not overtake a long one
            event = await cleaned(event)
        is_new = await self._doorkeeper.store(event)
        reached("event stored")
        if is_new:
            await self._hand_over(event)
        return is_new

    async def resume(self) -> None:
        """Take up what an earlier process left: turns without outcome, unfinished events.

        Before new events come in: what was said first has to take effect first.
        """
        for turn in await turns.unfinished(self._desk.db):
            self.take_up(await sessions.get(self._desk.db, turn.session_id), turn)
        for payload in await inbox.unfinished(self._desk.db):
            try:
                event = decode(payload)
            except (ValueError, KeyError, TypeError):  # the others must not wait for it, nor the start fail for ever
                log.exception("event_unreadable")
            else:
                await self._hand_over(event)

    def take_up(self, session: Session, turn: Turn) -> None:
        """Run a turn that is stored without outcome."""
        self._lane(Place(session.platform, session.channel, session.thread)).actor.resume(turn)

    async def deliver(self) -> None:
        """Bring what an earlier process left in the outbox; the platform has to be connected."""
        await self._desk.courier.collect()

    async def close_idle_sessions(self, after_seconds: float) -> None:
        """For ever: close every session in which nothing has happened for so long."""
        while True:
            await self._desk.clock.sleep(SWEEP_SECONDS)
            with self._desk.activity.busy(), survived("closing idle sessions"):
                await self._close_idle(self._desk.clock.now(), after_seconds)

    async def _close_idle(self, now: float, after_seconds: float) -> None:
        for session in await sessions.idle_since(self._desk.db, now - after_seconds):
            place = Place(session.platform, session.channel, session.thread)
            close = CommandGiven(uuid4().hex, place, "close", "idleness", "bot", now, idle_since=session.active_at)
            await self._hand_over(close)

    async def _hand_over(self, event: ChatEvent) -> None:
        lane = self._lane(event.place)
        self._desk.activity.begin()
        await lane.waiting.put(event)
        if not lane.served:
            lane.served = True
            self._desk.tasks.spawn(self._serve(lane), name=f"lane {event.place.session_id}")

    def _lane(self, place: Place) -> Lane:
        if place.session_id not in self._lanes:
            self._lanes[place.session_id] = Lane(SessionActor(place, self._desk))
        return self._lanes[place.session_id]

    async def _serve(self, lane: Lane) -> None:
        while not lane.waiting.empty():
            event = lane.waiting.get_nowait()
            try:
                await until_stored(partial(self._take_effect, lane, event), self._desk.clock, self._desk.activity)
            except Exception:  # one event's failure must not stop its session; its inbox row stays for the next start
                log.exception("event_failed", session=event.place.session_id, event=event.event_id)
            finally:
                self._desk.activity.end()
        lane.served = False
        self._forget_idle_lanes()

    async def _take_effect(self, lane: Lane, event: ChatEvent) -> None:
        async with self._taking_effect, self._in_a_crowd if self._doorkeeper.is_crowded else nullcontext():
            await lane.actor.handle(event)

    def _forget_idle_lanes(self) -> None:
        for session_id, lane in list(self._lanes.items()):
            if not lane.served and lane.actor.idle:
                del self._lanes[session_id]
