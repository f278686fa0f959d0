"""One look at a ticket, in order: severity → duplicates → merge → alert. Feedback comes back as events."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import EmbeddingError, ReasonerError
from vigilbot.models import Dialogue, Ticket
from vigilbot.storage import sessions, tickets
from vigilbot.tickets import lifecycle
from vigilbot.tickets.severity import gravity, severity

if TYPE_CHECKING:
    from vigilbot.models import Severity
    from vigilbot.reasoning.base import TriageReasoner
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database
    from vigilbot.tickets.categories import Categories
    from vigilbot.tickets.duplicates import Duplicates
    from vigilbot.tickets.incidents import Incidents

log = structlog.get_logger(__name__)


class SplitMeanwhile(Exception):
    """A person has taken the ticket out of its incident while it was being judged: it has to be judged anew."""


@dataclass(frozen=True, slots=True)
class Triage:
    """Keeps each session's ticket in line with what has been said, and alerts people of what is grave."""

    db: Database
    clock: Clock
    reasoner: TriageReasoner
    categories: Categories
    duplicates: Duplicates
    incidents: Incidents
    scope: str
    _one_incident: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Of tickets that turn grave together, the second has to find the first one escalated."""

    async def look(self, session_id: str) -> bool:
        """Bring the session's ticket up to what has been said; False when nobody could judge it now."""
        session = await sessions.get(self.db, session_id)
        ticket = await tickets.find(self.db, session_id) or Ticket(session_id, "active")
        if session.state == "closed":
            if ticket.state != "closed" and ticket.updated_at:
                async with self._one_incident:
                    await self.incidents.close(await tickets.get(self.db, session_id))
            return True
        if ticket.state == "closed":
            ticket = await self._step(ticket, lifecycle.Step(lifecycle.reopened(ticket), "the session was reopened"))
        mark = await tickets.mark_of(self.db, session_id)
        if mark is None or mark == ticket.seen:
            return True
        return await self._judge(ticket, mark)

    async def split(self, session_id: str, by: str) -> bool:
        """A person takes a linked ticket out of its incident; it is then to be looked at again."""
        async with self._one_incident:
            return await self.incidents.split(session_id, by)

    async def _judge(self, before: Ticket, mark: str) -> bool:
        dialogue = await self._dialogue(before.session_id)
        if not dialogue.messages:
            await self.incidents.empty(before, mark)
            return True
        ticket = before
        try:
            ticket = await self._step(before, lifecycle.analyzing(before))
            said = await severity(dialogue, self.reasoner, self.categories)
            ticket = await self._graded(ticket, said, mark)
            if ticket.state == "pending":
                await self._tell(ticket, before, dialogue, mark)
        except (ReasonerError, EmbeddingError) as error:
            log.warning("triage_failed", session=before.session_id, error=str(error))
            await self._step(ticket, lifecycle.failed(ticket, f"could not be judged: {error}"))
            return False
        except SplitMeanwhile:
            return False
        return True

    async def _graded(self, ticket: Ticket, said: Severity, mark: str) -> Ticket:
        log.info("triaged", session=ticket.session_id, category=said.category, confidence=said.confidence)
        return await self._step(ticket, lifecycle.judged(ticket, said, gravity(said, self.categories), mark))

    async def _tell(self, ticket: Ticket, before: Ticket, dialogue: Dialogue, mark: str) -> None:
        statement = await self.duplicates.stated(await self.reasoner.problem(dialogue))
        async with self._one_incident:
            if before.state in lifecycle.TOLD:
                await self.incidents.worsen(ticket, before, statement, mark)
            elif found := await self.duplicates.original(ticket, statement, self.clock.now()):
                first, why = found
                await self.incidents.join(ticket, first, statement, why, mark)
            else:
                await self.incidents.begin(ticket, statement, mark)

    async def _step(self, before: Ticket, step: lifecycle.Step) -> Ticket:
        async with self.db.transaction() as tx:
            known = before.state if before.updated_at else None
            if known and (await tickets.get_in(tx, before.session_id)).apart != before.apart:
                raise SplitMeanwhile
            await tickets.move(tx, step.ticket, known, step.reason, self.clock.now())
        return await tickets.get(self.db, before.session_id)

    async def _dialogue(self, session_id: str) -> Dialogue:
        session = await sessions.get(self.db, session_id)
        written = [one for one in await sessions.messages(self.db, session_id) if not one.deleted]
        return Dialogue.of(session, written, {one.id for one in written[-1:]}, self.scope)
