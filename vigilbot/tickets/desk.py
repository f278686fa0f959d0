"""When triage looks: beside the pipeline, bursts merged, the newest message first, and what was left over at start."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from vigilbot.chat.base import AlertAnswered, TicketAsked
from vigilbot.errors import NotFound, StorageError
from vigilbot.models import AlertAnswer
from vigilbot.runtime.tasks import survived
from vigilbot.storage import alerts, tickets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.runtime.activity import Activity
    from vigilbot.runtime.clock import Clock
    from vigilbot.runtime.tasks import Tasks
    from vigilbot.tickets.triage import Triage

log = structlog.get_logger(__name__)

AT_ONCE = 4
"""Analyses that run together: the customers' turns need the model more."""
SUPERSEDED_AT_MOST = 3
"""Then an analysis is let finish, however fast people write: a busy thread is the one to look at."""
SWEEP_SECONDS = 60.0


class TriageDesk:
    """Implements what sessions call when something has happened: `noticed` and `take`."""

    def __init__(
        self,
        triage: Triage,
        clock: Clock,
        tasks: Tasks,
        activity: Activity,
        quiet_window: float,
        changed: Callable[[str], Awaitable[None]],
        ready: Callable[[], Awaitable[None]],
    ) -> None:
        """`changed(session_id)` is awaited when a ticket may have changed, and something may have to be posted.

        `ready()` returns once models are loaded.
        """
        self._triage = triage
        self._clock = clock
        self._tasks = tasks
        self._activity = activity
        self._quiet_window = quiet_window
        self._changed = changed
        self._room = asyncio.Semaphore(AT_ONCE)
        self._news: dict[str, asyncio.Event] = {}
        """Of each session that is being looked at: set when something has happened since."""
        self._ready = ready

    def noticed(self, session_id: str) -> None:
        """Something has happened in a session, and is stored: look at it soon."""
        if session_id in self._news:
            self._news[session_id].set()
            return
        self._news[session_id] = asyncio.Event()
        self._tasks.spawn(self._activity.tracked(self._follow(session_id)), name=f"triage {session_id}")

    async def take(self, event: AlertAnswered | TicketAsked) -> None:
        """Let an event about an alert take effect; doing it twice changes nothing. What is unknown is passed over."""
        match event:
            case AlertAnswered():
                await self._answered(event)
            case TicketAsked(request="tell"):
                with suppress(NotFound):
                    await self._triage.incidents.tell(event.session_id)
            case TicketAsked():
                if await self._triage.split(event.session_id, event.author):
                    self.noticed(event.session_id)
        await self._changed(event.place.session_id)

    async def _answered(self, event: AlertAnswered) -> None:
        given = AlertAnswer(event.alert_id, event.kind, event.author, event.category, event.note, event.given_at)
        async with self._triage.db.transaction() as tx:
            known = await alerts.answer(tx, given)
            if known and event.kind != "opened":
                alert = await alerts.get_in(tx, event.alert_id)
                await self._triage.incidents.alerting.order_update(tx, alert, event.given_at)

    async def run(self) -> None:
        """Until cancelled: look at what an earlier process left, and every minute at what had failed."""
        while True:
            with self._activity.busy(), survived("triage"):
                for session_id in await tickets.waiting(self._triage.db):
                    self.noticed(session_id)
            await self._clock.sleep(SWEEP_SECONDS)

    async def _follow(self, session_id: str) -> None:
        try:
            await self._until_seen(session_id)
        except NotFound:
            log.info("ticket_gone", session=session_id)
        except StorageError as error:
            log.warning("triage_not_stored", session=session_id, error=str(error))
        finally:
            del self._news[session_id]
        await self._changed(session_id)

    async def _until_seen(self, session_id: str) -> None:
        news, superseded = self._news[session_id], 0
        await self._ready()
        while True:
            await self._quiet(news)
            async with self._room:
                looking = asyncio.create_task(self._triage.look(session_id), name=f"look {session_id}")
                if superseded < SUPERSEDED_AT_MOST:
                    await self._first(looking, news)
                if not looking.done() and superseded < SUPERSEDED_AT_MOST:
                    superseded += 1
                    await _cancelled(looking)
                    continue
                await looking
            superseded = 0
            if not news.is_set():
                return

    async def _quiet(self, news: asyncio.Event) -> None:
        """Until nothing has happened for the quiet window, at most four of them."""
        for _ in range(4):
            news.clear()
            with self._activity.paused():
                await self._clock.sleep(self._quiet_window)
            if not news.is_set():
                return

    async def _first(self, looking: asyncio.Task[bool], news: asyncio.Event) -> None:
        told = asyncio.create_task(news.wait())
        try:
            await asyncio.wait({looking, told}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await _cancelled(looking)
            raise
        finally:
            told.cancel()


async def _cancelled(looking: asyncio.Task[bool]) -> None:
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
