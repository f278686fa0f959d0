"""A desk with real storage, virtual time and a recorded platform; `respond` is scripted per test."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.fakes import RecordingPlatform
from vigilbot.app.delivering import courier_for
from vigilbot.app.leftovers import Leftovers
from vigilbot.chat.base import CommandGiven, MessagePosted, Place
from vigilbot.pipeline.silence import why_silent
from vigilbot.pipeline.standdown import StandDown
from vigilbot.runtime.activity import Activity, let_pass
from vigilbot.runtime.clock import VirtualClock
from vigilbot.runtime.tasks import Tasks
from vigilbot.sessions.actor import Desk
from vigilbot.sessions.feed import Feed
from vigilbot.sessions.intake import Intake
from vigilbot.storage import outbox, turns
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from vigilbot.models import Role, Session, Turn
    from vigilbot.sessions.courier import Courier

PLACE = Place("recorded", "C1", "1")


@dataclass
class Room:
    """One thread one can talk in; turns end `refused` and are noted in `heard` unless the test says otherwise."""

    db: Database
    clock: VirtualClock
    activity: Activity
    platform: RecordingPlatform
    tasks: Tasks
    feed: Feed
    courier: Courier
    intake: Intake
    heard: list[list[str]] = field(default_factory=list)
    serial: int = 0

    async def say(self, role: Role, text: str, author: str = "", **more: Any) -> bool:
        self.serial += 1
        event = MessagePosted(
            event_id=f"e{self.serial}",
            place=PLACE,
            message_id=f"{self.serial:04}",
            author=author or role,
            role=role,
            text=text,
            posted_at=self.clock.now(),
        )
        return await self.intake.receive(replace(event, **more))

    async def command(self, command: Any, role: Role = "analyst") -> None:
        self.serial += 1
        await self.intake.receive(
            CommandGiven(f"e{self.serial}", PLACE, command, role, role, self.clock.now()),
        )
        await self.activity.quiet()

    async def passes(self, seconds: float) -> None:
        """Let virtual time pass, everybody doing at each moment what is due then."""
        await let_pass(seconds, self.clock, self.activity)


@asynccontextmanager
async def open_room(folder: Path, engage: Any = "analyst", quiet_window: float = 1.5) -> AsyncIterator[Room]:
    db = await Database.open(folder / "vigilbot.db")
    clock, activity, feed, tasks = VirtualClock(), Activity(), Feed(), Tasks()
    platform = RecordingPlatform()
    leftovers = Leftovers(db, platform, clock)

    def take_up(session: Session, turn: Turn) -> None:
        room.intake.take_up(session, turn)

    courier = courier_for(db, platform, StandDown(900.0), clock, tasks, feed, activity, leftovers, take_up)

    async def respond(turn: Turn) -> Turn | None:
        rows = await db.rows("SELECT text FROM messages WHERE turn_id = ? ORDER BY seq", (turn.id,))
        room.heard.append([row["text"] for row in rows])
        ended = replace(turn, outcome="refused", reason="as scripted", ended_at=clock.now())
        async with db.transaction() as tx:
            await turns.end_turn(tx, ended)
            if turn.addressed:
                await outbox.order_notice(tx, turn.session_id, why_silent(ended), None, clock.now())
        return ended

    desk = Desk(db, clock, tasks, activity, feed, courier, respond, engage, quiet_window)
    room = Room(db, clock, activity, platform, tasks, feed, courier, Intake(desk))
    try:
        yield room
    finally:
        await tasks.drain(1)
        await db.close()
