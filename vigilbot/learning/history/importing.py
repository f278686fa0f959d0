"""Old threads become closed sessions, and each is learnt from at once, as if it had just been closed.

A thread is stored together with the job to learn from it. So an import that dies goes on where it stopped when it is
run again, one that is run again adds nothing, and a job that was left over is done by the bot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from vigilbot.errors import IngestError, NotFound, VigilError
from vigilbot.learning.history.people import asker_of
from vigilbot.learning.history.records import Fault, Left, Thread
from vigilbot.models import Message, Session
from vigilbot.safety.redaction.redact import without_secrets
from vigilbot.storage import jobs, lessons, sessions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from vigilbot.chat.base import Place
    from vigilbot.learning.closing import Closing
    from vigilbot.learning.history.people import Roles
    from vigilbot.learning.history.records import Found, History, Line
    from vigilbot.learning.history.report import ImportReport
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database
    from vigilbot.storage.jobs import Job

AT_ONCE = 32
"""Threads read ahead of those that are learnt from."""
LEASE_SECONDS = 3600.0
"""How long a running bot leaves a session to the import that stores it."""
FAILURES_IN_A_ROW = 5

AsClosed = Callable[["Place", Sequence[Message]], Session]
"""The session of these messages, closed after the last."""
Follow = Callable[[int, int, str], None]


@dataclass
class Importing:
    """Stores every thread of a history as a closed session, and learns from it."""

    history: History
    roles: Roles
    closing: Closing
    known: Database
    """Where the sessions are that the bot knows already; in a dry run another one than the closing's."""
    clock: Clock
    as_closed: AsClosed
    report: ImportReport
    in_a_row: int = 0
    """Sessions that failed one after another."""

    async def run(self, follow: Follow) -> None:
        """Everything in the history. Raises IngestError when it cannot be read on, or nothing in it can be read."""
        async for found in _read_ahead(self.history.read()):
            match found:
                case Fault(text):
                    self.report.faults.add(text)
                case Left(reason, messages):
                    self.report.messages += messages
                    self.report.left[reason] += messages
                case Thread():
                    await self._take(found)
            if self.report.stopped:
                return
            follow(int(100 * self.history.progress), 100, f"Learning: {self.report.sessions:,} sessions")
        if self.report.faults.count and not self.report.threads:
            raise IngestError(f"nothing in it can be read: {self.report.faults.first[0]}")

    async def _take(self, thread: Thread) -> None:
        self.report.threads += 1
        self.report.messages += len(thread.lines)
        stored = await sessions.messages(self.known, thread.place.session_id)
        messages = self._messages(thread, stored)
        self.report.met(messages)
        if reason := await self._no_use(thread, messages, stored):
            self.report.skipped[reason] += 1
            return
        fresh = _fresh(messages, stored)
        job = await self._store(thread.place, [*stored, *fresh], fresh) if fresh else await self._left_over(thread)
        if job:
            await self._learn(job)
        else:
            self.report.skipped["known already"] += 1

    def _messages(self, thread: Thread, stored: Sequence[Message]) -> list[Message]:
        asker = next((message.author for message in stored if message.role != "bot"), asker_of(thread.lines))
        return [_message(line, thread.place, self.roles, asker) for line in thread.lines]

    async def _no_use(self, thread: Thread, messages: Sequence[Message], stored: Sequence[Message]) -> str:
        """Why nothing can be learnt from a thread; empty when something can."""
        if stored:
            known = await sessions.get(self.known, thread.place.session_id)
            return "" if known.state == "closed" else "still open at the bot"
        if not thread.whole:
            return "its beginning is missing, or lies before the first day asked for"
        return _unanswered(messages)

    async def _store(self, place: Place, whole: Sequence[Message], fresh: Sequence[Message]) -> Job | None:
        session, now = self.as_closed(place, whole), self.clock.now()
        async with self.closing.db.transaction() as tx:
            await sessions.save(tx, session)
            for message in fresh:
                await sessions.add_message(tx, message, None)
            await jobs.order(tx, session.id, "closing", now, due_at=now + LEASE_SECONDS)
        return await self._waiting(session.id)

    async def _left_over(self, thread: Thread) -> Job | None:
        """The job that an import which died, or failed, has left."""
        return await self._waiting(thread.place.session_id) if self.known is self.closing.db else None

    async def _waiting(self, session_id: str) -> Job | None:
        waiting = await jobs.waiting(self.closing.db, session_id)
        return next((job for job in waiting if job.kind == "closing"), None)

    async def _learn(self, job: Job) -> None:
        began = self.clock.now()
        try:
            await self.closing.learn(job)
        except NotFound:
            self.report.skipped["forgotten meanwhile"] += 1
        except VigilError as error:
            await self._failed(job, error)
            return
        else:
            told = await lessons.of_session(self.closing.db, job.session_id)
            self.report.learnt([lesson for lesson in told if lesson.learnt_at >= began])
        self.in_a_row = 0
        async with self.closing.db.transaction() as tx:
            await jobs.finish(tx, job, self.clock.now())

    async def _failed(self, job: Job, error: VigilError) -> None:
        """The job stays: this import run again, or the bot, tries it anew."""
        self.report.failed.add(f"{job.session_id}: {error}")
        async with self.closing.db.transaction() as tx:
            await jobs.postpone(tx, job.id, str(error), self.clock.now())
        self.in_a_row += 1
        if self.in_a_row == FAILURES_IN_A_ROW:
            self.report.stopped = (
                f"stopped after {FAILURES_IN_A_ROW} failures in a row ({error}); run it again to go on"
            )


def _message(line: Line, place: Place, roles: Roles, asker: str) -> Message:
    return Message(
        id=line.id,
        session_id=place.session_id,
        author=line.author,
        role=roles.of(line, asker),
        text=without_secrets(line.text),
        posted_at=line.posted_at,
    )


def _unanswered(messages: Sequence[Message]) -> str:
    asked = next((at for at, message in enumerate(messages) if message.role == "customer"), None)
    if asked is None:
        return "no customer wrote"
    if len(messages) == 1:
        return "a single message"
    return "" if any(message.role == "analyst" for message in messages[asked:]) else "no analyst answered"


def _fresh(messages: Sequence[Message], stored: Sequence[Message]) -> list[Message]:
    """What is not stored yet. To a session that the bot was in, its own words are no news."""
    known = {message.id for message in stored}
    return [message for message in messages if message.id not in known and not (stored and message.role == "bot")]


async def _read_ahead(found: Iterator[Found]) -> AsyncIterator[Found]:
    """The same, read in a thread."""
    while some := await asyncio.to_thread(lambda: list(islice(found, AT_ONCE))):
        for one in some:
            yield one
