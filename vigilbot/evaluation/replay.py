"""A closed dialogue, played again through the very same actor and pipeline, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.chat.base import CommandGiven, MessagePosted, Place
from vigilbot.errors import ChatError
from vigilbot.runtime.activity import let_pass

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.chat.base import ChatEvent
    from vigilbot.models import Card, Image, Message, Session
    from vigilbot.runtime.activity import Activity
    from vigilbot.runtime.clock import VirtualClock
    from vigilbot.sessions.intake import Intake
    from vigilbot.storage.database import Database

SAME_AUTHOR_SECONDS = 0.5
"""Without times in the file, one author's consecutive lines count as one burst …"""
OTHER_AUTHOR_SECONDS = 60.0
"""… and the next speaker is a minute away."""


@dataclass(frozen=True, slots=True)
class ReplayCase:
    """A closed dialogue. `times` are seconds, one a message; None where the file does not tell."""

    id: str
    dialogue: tuple[Message, ...]
    times: tuple[float | None, ...]
    channel: str = "backtest"
    """Whose private knowledge may answer here."""


class ReplayPlatform:
    """A chat platform with nobody in it: cards are taken and nobody clicks."""

    name = "replay"
    post_interval = 0.0

    async def start(self, intake: Callable[[ChatEvent], Awaitable[bool]]) -> None:
        """Events come from the case, not from here."""

    async def stop(self) -> None:
        """Nothing is connected."""

    async def post_card(self, session: Session, card: Card, delivery_id: str) -> str:  # noqa: ARG002 - the protocol's
        return card.id

    async def find_posted(self, session: Session, delivery_id: str, since: float) -> str | None:  # noqa: ARG002 - the protocol's
        return None

    async def update_card(self, session: Session, card: Card) -> None:
        """Cards have no readers here."""

    async def fetch_image(self, image: Image) -> bytes:
        raise ChatError(f"{image.location}: a backtest has no pictures")

    async def permalink(self, session: Session) -> str:  # noqa: ARG002 - the protocol's
        return ""

    async def post_notice(self, session: Session, text: str, to: str | None, delivery_id: str) -> str:  # noqa: ARG002 - the protocol's
        return delivery_id


@dataclass(frozen=True, slots=True)
class Stage:
    """What a replay needs of an assembled app."""

    db: Database
    clock: VirtualClock
    activity: Activity
    intake: Intake


@dataclass(frozen=True, slots=True)
class Replay:
    """One case on the stage. `leg` tells the sessions of a backtest that went on from those it had left behind."""

    case: ReplayCase
    stage: Stage
    leg: int = 1

    @property
    def place(self) -> Place:
        return Place(ReplayPlatform.name, self.case.channel, f"{self.case.id}.{self.leg}")

    async def play(self) -> None:
        """Message by message, and a minute more; every turn has ended then."""
        for number, line in enumerate(self.case.dialogue):
            await self._pass(gap_before(self.case, number))
            await self.stage.intake.receive(
                MessagePosted(
                    event_id=f"{self.place.session_id}/{number}",
                    place=self.place,
                    message_id=message_id(number),
                    author=line.author,
                    role=line.role,
                    text=line.text,
                    posted_at=self.stage.clock.now(),
                )
            )
        await self._pass(OTHER_AUTHOR_SECONDS)

    async def close(self) -> None:
        """As an analyst would; what the session teaches is learnt when this returns."""
        event_id = f"{self.place.session_id}/close"
        await self.stage.intake.receive(
            CommandGiven(event_id, self.place, "close", "backtest", "analyst", self.stage.clock.now())
        )
        await self._pass(1.0)

    async def _pass(self, seconds: float) -> None:
        await let_pass(seconds, self.stage.clock, self.stage.activity)


def message_id(number: int) -> str:
    """Of the message with this place in the dialogue, from 0."""
    return f"{number:06}"


def gap_before(case: ReplayCase, number: int) -> float:
    """Seconds between a message and the one before it; 0 for the first."""
    if number == 0:
        return 0.0
    now, before = case.times[number], case.times[number - 1]
    if now is not None and before is not None:
        return max(0.0, now - before)
    same_author = case.dialogue[number].author == case.dialogue[number - 1].author
    return SAME_AUTHOR_SECONDS if same_author else OTHER_AUTHOR_SECONDS
