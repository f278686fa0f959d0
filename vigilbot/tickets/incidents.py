"""What changes in an incident: it is told for the first time, a ticket joins or leaves it, it is closed.

Each is one transaction: states with their reasons, the joint statement, and what is ordered to be said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vigilbot.storage import alerts, outbox, sessions, tickets
from vigilbot.tickets import lifecycle
from vigilbot.tickets.alerting import RESOLVED

if TYPE_CHECKING:
    from vigilbot.models import Alert, Ticket
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database
    from vigilbot.storage.tickets import Statement
    from vigilbot.tickets.alerting import Alerting
    from vigilbot.tickets.duplicates import Duplicates


@dataclass(frozen=True, slots=True)
class Incidents:
    """Every change of an incident, each in one transaction."""

    db: Database
    clock: Clock
    duplicates: Duplicates
    alerting: Alerting

    async def begin(self, ticket: Ticket, statement: Statement, mark: str) -> None:
        """A problem of its own: escalated, and told unless silence says otherwise."""
        now = self.clock.now()
        told = await alerts.of_ticket(self.db, ticket.session_id)
        ticket = replace(ticket, problem=statement.text)
        first = lifecycle.escalated(ticket, mark, now)
        joint = await self.duplicates.joint(first, await tickets.linked_to(self.db, first.session_id))
        fresh = self.alerting.is_due(told, ticket.gravity, recurs=ticket.closed_at is not None, now=now)
        alert = await self.alerting.alert(first, first, now) if fresh else None
        reason = "told for the first time" if not told else "told again" if fresh else "told already; not again so soon"
        async with self.db.transaction() as tx:
            await tickets.move(tx, first, ticket.state, reason, now)
            await tickets.state_problem(tx, first.session_id, joint)
            if alert:
                await self.alerting.order(tx, alert)
            elif told:
                await self.alerting.order_update(tx, told[-1], now)

    async def join(self, ticket: Ticket, first: Ticket, statement: Statement, why: str, mark: str) -> None:
        """The same problem as one that was told: linked to it, and its joint statement rewritten."""
        now = self.clock.now()
        ticket = replace(ticket, problem=statement.text)
        member = lifecycle.linked(ticket, first.session_id, mark)
        others = [
            one for one in await tickets.linked_to(self.db, first.session_id) if one.session_id != member.session_id
        ]
        joint = await self.duplicates.joint(first, [*others, member])
        told = await alerts.of_ticket(self.db, first.session_id)
        graver = await self._graver(first, member, told, now)
        async with self.db.transaction() as tx:
            await tickets.move(tx, member, ticket.state, f"same problem as {first.session_id}: {why}", now)
            await tickets.state_problem(tx, member.session_id, statement)
            await tickets.state_problem(tx, first.session_id, joint)
            if graver:
                await self.alerting.order(tx, graver)
            elif told:
                await self.alerting.order_update(tx, told[-1], now)
                await self.alerting.order_reply(tx, told[-1], now)

    async def worsen(self, ticket: Ticket, before: Ticket, statement: Statement, mark: str) -> None:
        """A ticket that was told has become graver: its incident is told again, in the graver category."""
        now = self.clock.now()
        after = replace(ticket, state=before.state, seen=mark, problem=statement.text)
        first = after if after.first_id is None else await tickets.get(self.db, after.first_id)
        told = await alerts.of_ticket(self.db, first.session_id)
        graver = await self._graver(first, after, told, now)
        async with self.db.transaction() as tx:
            await tickets.move(tx, after, "pending", f"graver than before: {after.reason}", now)
            if graver:
                await self.alerting.order(tx, graver)

    async def split(self, session_id: str, by: str) -> bool:
        """A person takes a linked ticket out of its incident; False when it is in none."""
        now = self.clock.now()
        ticket = await tickets.find(self.db, session_id)
        if ticket is None or ticket.state != "linked" or ticket.first_id is None:
            return False
        first = await tickets.get(self.db, ticket.first_id)
        rest = [one for one in await tickets.linked_to(self.db, first.session_id) if one.session_id != session_id]
        joint = await self.duplicates.joint(first, rest)
        told = await alerts.of_ticket(self.db, first.session_id)
        async with self.db.transaction() as tx:
            await tickets.move(
                tx, lifecycle.split(ticket), ticket.state, "a person says it is another problem", now, by
            )
            await tickets.state_problem(tx, first.session_id, joint)
            if told:
                await self.alerting.order_update(tx, told[-1], now)
        return True

    async def close(self, ticket: Ticket) -> None:
        """The session was closed. An incident's first ticket offers to tell the threads that are still open."""
        now = self.clock.now()
        told = await alerts.of_ticket(self.db, ticket.session_id)
        waiting = await self._open_threads(ticket)
        async with self.db.transaction() as tx:
            await tickets.move(tx, lifecycle.closed(ticket, now), ticket.state, "the session was closed", now)
            if told and ticket.first_id is None:
                await self.alerting.order_update(tx, told[-1], now)
                if waiting:
                    await self.alerting.order_offer(tx, told[-1], now)

    async def empty(self, ticket: Ticket, mark: str) -> None:
        """Everything in it was deleted: nothing is left to be told of."""
        now = self.clock.now()
        told = await alerts.of_ticket(self.db, ticket.session_id)
        async with self.db.transaction() as tx:
            await tickets.move(tx, lifecycle.emptied(ticket, mark), ticket.state, "everything in it was deleted", now)
            if told:
                await self.alerting.order_update(tx, told[-1], now)

    async def tell(self, session_id: str) -> int:
        """Tell the open threads linked to this ticket that it is over, each once; returns how many."""
        now = self.clock.now()
        ticket = await tickets.get(self.db, session_id)
        told = 0
        async with self.db.transaction() as tx:
            for linked in await self._open_threads(ticket):
                if not await alerts.was_noticed(tx, linked.session_id, RESOLVED, ticket.closed_at or now):
                    await outbox.order_notice(tx, linked.session_id, RESOLVED, None, now)
                    told += 1
        return told

    async def _open_threads(self, ticket: Ticket) -> list[Ticket]:
        """The linked tickets whose sessions are not closed."""
        linked = await tickets.linked_to(self.db, ticket.session_id)
        return [one for one in linked if (await sessions.get(self.db, one.session_id)).state != "closed"]

    async def _graver(self, first: Ticket, by: Ticket, told: list[Alert], now: float) -> Alert | None:
        if not self.alerting.is_due(told, by.gravity, recurs=False, now=now):
            return None
        return await self.alerting.alert(first, by, now)
