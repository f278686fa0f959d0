"""Plays cases through the real bot: actors, pipeline, cards, closing and learning, in virtual time."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from benchmarks.learning.thinking import Thinking
from vigilbot import config
from vigilbot.app import assembled
from vigilbot.chat.base import CardAccepted, CommandGiven, MessagePosted, Place
from vigilbot.evaluation.replay import ReplayPlatform
from vigilbot.runtime.activity import let_pass
from vigilbot.runtime.clock import VirtualClock
from vigilbot.storage import cards, lessons, turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.learning.cases import Case
    from vigilbot.app import App
    from vigilbot.models import Card, Role

Mode = Literal["off", "no review", "on"]
MODES: tuple[Mode, ...] = ("off", "no review", "on")
BURST_SECONDS = 30.0
MINUTE = 60.0


@dataclass
class Tally:
    """What became of the questions whose answer had been given before, and of all lessons."""

    asked: int = 0
    right: int = 0
    wrong: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    lessons: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


@dataclass
class Room:
    """One session's people, who read what the bot says and answer to that."""

    app: App
    clock: VirtualClock
    case: Case
    number: int
    events: int = 0

    @property
    def place(self) -> Place:
        return Place(ReplayPlatform.name, "benchmark", str(self.number))

    async def play(self) -> tuple[str, bool]:
        """The outcome of the question's turn, and whether it was answered rightly."""
        await self._say("customer", "Hello, I have a question.")
        await self._say("analyst", "Hi, what can I do for you?")
        await self._say("customer", self.case.asks, BURST_SECONDS)
        [*_, turn] = await turns.of_session(self.app.db, self.place.session_id)
        posted = [
            card for card in await cards.of_session(self.app.db, self.place.session_id) if card.turn_id == turn.id
        ]
        right = bool(posted) and await self._is_right(posted[0])
        if right:
            await self._accept(posted[0])
            await self._say("customer", "thanks, that helped")
        else:
            for text in self.case.answers:
                await self._say("analyst", text)
            await self._say("customer", "thanks a lot, that did it" if not posted else "that did it, thank you")
        await self._receive(CommandGiven(self._event(), self.place, "close", "ann", "analyst", self.clock.now()))
        return turn.outcome or "none", right

    async def _is_right(self, card: Card) -> bool:
        text = "\n".join(part.text for part in card.parts if not part.refused)
        cited = [(await self.app.knowledge.get(source.entry_id)).text for source in card.sources]
        return self.case.is_right(text, cited)

    async def _say(self, role: Role, text: str, then: float = MINUTE) -> None:
        author = f"{role}{self.number}" if role == "customer" else "ann"
        event = self._event()
        await self._receive(MessagePosted(event, self.place, f"{self.events:04}", author, role, text, self.clock.now()))
        await let_pass(then, self.clock, self.app.activity)

    async def _accept(self, card: Card) -> None:
        await self._receive(
            CardAccepted(self._event(), self.place, card.id, f"customer{self.number}", self.clock.now())
        )

    async def _receive(self, event: MessagePosted | CommandGiven | CardAccepted) -> None:
        await self.app.intake.receive(event)
        await let_pass(1.0, self.clock, self.app.activity)

    def _event(self) -> str:
        self.events += 1
        return f"{self.number}/{self.events}"


async def play(cases: Sequence[Case], scope: str, mode: Mode) -> Tally:
    """Replay the cases one after another, with nothing known beforehand."""
    tally, clock, thinking = Tally(), VirtualClock(), Thinking(reviews=mode == "on")
    with tempfile.TemporaryDirectory() as folder:
        settings = config.load(None, data_dir=Path(folder), scope=scope, learning="off" if mode == "off" else "auto")
        async with assembled(settings, clock=clock, reasoner=thinking, platform=ReplayPlatform()) as app:
            await app.knowledge.open()
            thinking.enter(app)
            for number, case in enumerate(cases):
                room = Room(app, clock, case, number)
                outcome, right = await room.play()
                if case.counts:
                    tally.asked += 1
                    tally.right += right
                    tally.wrong += outcome == "answered" and not right
                    tally.outcomes[outcome] += 1
                    tally.missed += [] if right else [case.id]
                found = await lessons.of_session(app.db, room.place.session_id)
                tally.lessons.update(lesson.result for lesson in found)
    return tally
