"""A ticket's states, as pure functions: active → analyzing → active | pending → escalated | linked → closed.

A ticket that was told once keeps its place (escalated, linked) while it is judged again: only a graver category
takes it through `pending` a second time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from vigilbot.models import OTHER

if TYPE_CHECKING:
    from vigilbot.models import Severity, Ticket

TOLD = ("escalated", "linked")


class Step(NamedTuple):
    """A ticket after a transition, and why it was taken."""

    ticket: Ticket
    reason: str


def analyzing(ticket: Ticket) -> Step:
    """Something new was said."""
    if ticket.state in TOLD:
        return Step(ticket, "")
    return Step(replace(ticket, state="analyzing"), "something new was said")


def failed(ticket: Ticket, why: str) -> Step:
    """Nobody could judge it now; what it was judged on stays as it was, so it is looked at again."""
    return Step(replace(ticket, state="active") if ticket.state not in TOLD else ticket, why)


def judged(ticket: Ticket, severity: Severity, gravity: int, mark: str) -> Step:
    """Back to `active` when not grave or undecided; `pending` when grave, or graver than what was told already."""
    if ticket.state in TOLD and gravity <= ticket.gravity:
        return Step(replace(ticket, seen=mark), "")
    if severity.category is None or severity.category == OTHER:
        back = replace(
            ticket,
            state="active",
            category=severity.category,
            gravity=0,
            reason=severity.reason,
            evidence=(),
            seen=mark,
        )
        return Step(back, severity.reason)
    # `seen` is left behind on purpose: should we die now, the ticket is judged again instead of staying pending.
    grave = replace(
        ticket,
        state="pending",
        category=severity.category,
        gravity=gravity,
        reason=severity.reason,
        evidence=severity.evidence,
    )
    return Step(grave, f"{severity.category}: {severity.reason}")


def escalated(ticket: Ticket, mark: str, at: float) -> Ticket:
    first = ticket.escalated_at if ticket.closed_at is None else None
    return replace(ticket, state="escalated", first_id=None, seen=mark, escalated_at=first or at, closed_at=None)


def linked(ticket: Ticket, first_id: str, mark: str) -> Ticket:
    return replace(ticket, state="linked", first_id=first_id, seen=mark, escalated_at=None, closed_at=None)


def split(ticket: Ticket) -> Ticket:
    """A person says that it is about something else: it is judged again, on its own."""
    apart = (*ticket.apart, ticket.first_id) if ticket.first_id else ticket.apart
    return replace(ticket, state="active", first_id=None, gravity=0, apart=apart, seen="")


def closed(ticket: Ticket, at: float) -> Ticket:
    return replace(ticket, state="closed", closed_at=at)


def reopened(ticket: Ticket) -> Ticket:
    """Judged anew; `closed_at` stays until it is told again, so that silence is kept."""
    return replace(ticket, state="active", first_id=None, gravity=0, seen="")


def emptied(ticket: Ticket, mark: str) -> Ticket:
    """Everything in it was deleted."""
    return replace(ticket, state="active", category=OTHER, gravity=0, evidence=(), first_id=None, seen=mark)
