"""A whole bot on a stage: real storage, knowledge, encoder and pipeline; virtual time; a platform that records."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.fakes import RecordingPlatform
from vigilbot import config
from vigilbot.app import assembled
from vigilbot.chat.base import CommandGiven, MessagePosted, Place
from vigilbot.knowledge.ingest.ingesting import ingest_builtin_docs
from vigilbot.runtime.activity import let_pass
from vigilbot.runtime.clock import VirtualClock
from vigilbot.storage import turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from vigilbot.app import App
    from vigilbot.chat.base import Command
    from vigilbot.models import Role, Turn
    from vigilbot.reasoning.base import Reasoner

PLACE = Place("recorded", "C1", "1")
LONG_ENOUGH = 30.0


@dataclass
class Scene:
    app: App
    clock: VirtualClock
    platform: RecordingPlatform
    serial: int = 0
    place: Place = PLACE
    """The thread in which people are talking now."""

    async def say(self, role: Role, text: str, author: str = "", **more: Any) -> str:
        """Somebody writes; nobody has reacted yet. Returns the message's id."""
        self.serial += 1
        event = MessagePosted(
            event_id=f"e{self.serial}",
            place=self.place,
            message_id=f"{self.serial:04}",
            author=author or role,
            role=role,
            text=text,
            posted_at=self.clock.now(),
        )
        await self.app.intake.receive(replace(event, **more))
        return event.message_id

    async def command(self, command: Command, author: str, role: Role = "analyst") -> None:
        self.serial += 1
        await self.app.intake.receive(
            CommandGiven(f"e{self.serial}", self.place, command, author, role, self.clock.now())
        )
        await self.app.activity.quiet()

    async def passes(self, seconds: float = LONG_ENOUGH) -> None:
        """Let virtual time pass, everybody doing at each moment what is due then."""
        await let_pass(seconds, self.clock, self.app.activity)

    async def turns(self) -> list[Turn]:
        return await turns.of_session(self.app.db, self.place.session_id)


@asynccontextmanager
async def staged(
    folder: Path, reasoner: Reasoner | None = None, *, documented: bool = True, **settings: Any
) -> AsyncIterator[Scene]:
    """`reasoner` None is the real extractive one; the knowledge is vigilbot's own documentation, or nothing."""
    clock, platform = VirtualClock(), RecordingPlatform()
    settings = {"annotate_share": 0, **settings}  # a script holds no second answers
    async with assembled(
        config.load(None, data_dir=folder, **settings), clock=clock, reasoner=reasoner, platform=platform
    ) as app:
        await app.knowledge.open()
        if documented:
            await ingest_builtin_docs(app.knowledge)
        yield Scene(app, clock, platform)
