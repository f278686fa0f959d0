"""What triage says: how grave a running session is, what its problem is, and whether another ticket is about the same.

A *ticket* is a session as triage sees it (TickIt, arXiv 2504.08475).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TicketState = Literal["active", "analyzing", "pending", "escalated", "linked", "closed"]

OTHER = "other"
"""The category of everything that nobody needs to be alerted to; its gravity is 0."""


@dataclass(frozen=True, slots=True)
class Category:
    """One class of gravity, as the admin's category file describes it. Graver ones have the higher `gravity`."""

    name: str
    gravity: int
    description: str
    examples: tuple[str, ...] = ()
    """What customers say when it is of this class."""
    confusable: tuple[str, ...] = ()
    """What sounds like it and is not."""


@dataclass(frozen=True, slots=True)
class Severity:
    """The class of a dialogue. `category` None: undecided, so it is judged again at the next message."""

    category: str | None
    reason: str
    evidence: tuple[str, ...] = ()
    """Verbatim quotes of what was written; empty only for `other` and undecided."""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Sameness:
    """Whether two problem statements are about one incident. None: undecided, so they are not linked."""

    same: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A session as triage sees it. Tickets about one incident are linked to the first one that was escalated."""

    session_id: str
    state: TicketState
    category: str | None = None
    """As last judged; None while undecided."""
    gravity: int = 0
    reason: str = ""
    evidence: tuple[str, ...] = ()
    problem: str = ""
    """What this dialogue is about, in generic words; empty until it was judged grave."""
    statement: str = ""
    """What other tickets are compared with: the problem, or for the first ticket of an incident the joint one."""
    first_id: str | None = None
    """The session this one is linked to; None for a ticket of its own."""
    apart: tuple[str, ...] = ()
    """Sessions that a person has said this one is not about."""
    seen: str = ""
    """Which messages it was judged on; differs from the session's mark when there is something new."""
    escalated_at: float | None = None
    closed_at: float | None = None
    updated_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of a ticket's state, and why. `by` is a person, or empty when triage took it."""

    session_id: str
    before: TicketState | None
    after: TicketState
    reason: str
    by: str
    at: float
