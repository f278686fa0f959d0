"""Is this the problem of a ticket that people know already? Near statements first, then the reasoner decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import ReasonerError
from vigilbot.storage import alerts, tickets
from vigilbot.storage.tickets import Statement
from vigilbot.tickets.likeness import Stated, candidates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.embedding.base import Embedder
    from vigilbot.models import Ticket
    from vigilbot.reasoning.base import TriageReasoner
    from vigilbot.storage.database import Database
    from vigilbot.storage.tickets import Escalated

log = structlog.get_logger(__name__)

ASKED_ABOUT = 3
"""How many near candidates the reasoner is asked about."""
JOINED = 8
"""How many problems a joint statement is made from: the first, and the latest of the others."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Finds the known problem that a ticket repeats, and words what several tickets have in common."""

    db: Database
    embedder: Embedder
    reasoner: TriageReasoner
    threshold: float
    window: float
    """Seconds since a ticket was escalated during which others may be linked to it."""
    silence: float
    """Seconds after its last alert during which a closed ticket takes in what recurs; later it is a new one."""

    async def stated(self, problem: str) -> Statement:
        """With its embedding. Raises EmbeddingError."""
        [vector] = await self.embedder.embed([problem])
        return Statement(problem, vector, self.embedder.name)

    async def original(self, ticket: Ticket, statement: Statement, now: float) -> tuple[Ticket, str] | None:
        """The escalated ticket this one repeats, and why; None when it is a problem of its own."""
        for likeness, known in await self._near(ticket, statement, now):
            try:
                verdict = await self.reasoner.same_problem(statement.text, known.statement)
            except ReasonerError as error:
                log.warning("duplicate_undecided", session=ticket.session_id, error=str(error))
                return None
            if verdict.same:
                return known, f"{verdict.reason} (likeness {likeness:.2f})"
        return None

    async def _near(self, ticket: Ticket, statement: Statement, now: float) -> list[tuple[float, Ticket]]:
        """Candidates at least as like as the threshold, most like first."""
        known = await tickets.escalated_since(self.db, now - self.window, self.embedder.name)
        comparable = [one for one in known if await self._open_to(ticket, one, now)]
        ranked = candidates(
            Stated(statement.text, statement.vector), [Stated(one.ticket.statement, one.vector) for one in comparable]
        )
        near = [(found.likeness, comparable[found.at].ticket) for found in ranked if found.likeness >= self.threshold]
        return near[:ASKED_ABOUT]

    async def _open_to(self, ticket: Ticket, known: Escalated, now: float) -> bool:
        other = known.ticket
        if (
            other.session_id == ticket.session_id
            or other.session_id in ticket.apart
            or ticket.session_id in other.apart
        ):
            return False
        if other.state == "escalated":
            return True
        told = await alerts.of_ticket(self.db, other.session_id)
        return other.state == "closed" and bool(told) and now - told[-1].created_at < self.silence

    async def joint(self, first: Ticket, others: Sequence[Ticket]) -> Statement:
        """One statement for all of an incident's tickets, embedded anew. Raises EmbeddingError.

        Made from what each ticket said, not from the last joint statement: a wrong link leaves nothing behind when
        it is split.
        """
        problems = list(dict.fromkeys(one.problem for one in (first, *others) if one.problem))
        chosen = [*problems[:1], *problems[1:][-(JOINED - 1) :]]
        if len(chosen) < 2:
            return await self.stated(chosen[0] if chosen else first.statement)
        try:
            return await self.stated(await self.reasoner.joint_problem(chosen))
        except ReasonerError as error:
            log.warning("statement_not_joined", session=first.session_id, error=str(error))
            return await self.stated(first.statement or chosen[0])
