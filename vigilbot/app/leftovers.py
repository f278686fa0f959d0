"""What an earlier process left unsaid is not said before its thread is read: somebody may have answered meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import structlog

from vigilbot.errors import ChatError, ChatRefused
from vigilbot.storage import cards, inbox, sessions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.chat.base import ChatPlatform
    from vigilbot.models import Session, Turn
    from vigilbot.runtime.clock import Clock
    from vigilbot.sessions.actor import Respond
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)

LONGEST_SECONDS = 10.0
"""For reading one thread, and for being connected at all; then what was left goes on without."""
PAUSE_SECONDS = 0.2


@runtime_checkable
class Remembers(Protocol):
    """A chat platform that can be asked what was said while nobody listened."""

    async def catch_up(self, session: Session) -> Sequence[str]:
        """Take in what is new in the session's thread; the ids of the events that tell of it. Raises ChatError."""


class Leftovers:
    """Turns and cards from before this process; each of their threads is read once."""

    def __init__(self, db: Database, platform: ChatPlatform, clock: Clock) -> None:
        self._db = db
        self._platform = platform
        self._began_at = clock.now()
        self._read = set[str]()

    def before(self, respond: Respond) -> Respond:
        """The same, once the turn's thread has been read if the turn was left."""

        async def when_read(turn: Turn) -> Turn | None:
            if turn.created_at < self._began_at:
                await self._read_once(turn.session_id)
            return await respond(turn)

        return when_read

    async def before_posting(self, card_id: str) -> None:
        """Return once the card's thread has been read if the card was left. Raises NotFound."""
        card = await cards.get(self._db, card_id)
        if card.created_at < self._began_at:
            await self._read_once(card.session_id)

    async def _read_once(self, session_id: str) -> None:
        if session_id in self._read or not isinstance(self._platform, Remembers):
            return
        session = await sessions.get(self._db, session_id)
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._until_read(self._platform, session)
        except TimeoutError:
            log.warning("thread_not_read", session=session_id)
        self._read.add(session_id)

    async def _until_read(self, platform: Remembers, session: Session) -> None:
        events: Sequence[str] | None = None
        while events is None:
            try:
                events = await platform.catch_up(session)
            except ChatRefused:
                return
            except ChatError:  # most likely it is not connected yet
                await asyncio.sleep(PAUSE_SECONDS)
        while await inbox.are_unfinished(self._db, events):  # noqa: ASYNC110 - lanes tell nobody when they are done
            await asyncio.sleep(PAUSE_SECONDS)
