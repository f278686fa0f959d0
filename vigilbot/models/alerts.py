"""What people are told about a grave ticket, and what they say about that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AlertAnswerKind = Literal["like", "dislike", "opened"]


@dataclass(frozen=True, slots=True)
class Alert:
    """One call for attention. A ticket has a second one only for a graver category, or when it recurs after silence."""

    id: str
    session_id: str
    category: str
    gravity: int
    reason: str
    """The reasoning of whoever judged it: what a model is tuned on when people like the alert."""
    evidence: tuple[str, ...]
    upto: int
    """The last message it was judged on, by order of arrival."""
    channel: str
    """Where it is posted; empty: nowhere but on the board."""
    mention: str
    """The user group that is called; may be empty."""
    created_at: float
    posted_ref: str | None = None
    """What the platform calls the posted message; None until it is confirmed."""


@dataclass(frozen=True, slots=True)
class Affected:
    """One thread of an incident."""

    session_id: str
    title: str
    link: str


@dataclass(frozen=True, slots=True)
class AlertCard:
    """An alert as it is shown: made anew from the stored tickets whenever it is posted or updated."""

    alert: Alert
    statement: str
    link: str
    """Where the first thread can be read; may be empty."""
    customers: int
    first_seen: float
    linked: tuple[Affected, ...]
    likes: int
    dislikes: int
    closed: bool
    categories: tuple[str, ...]
    """What somebody who disagrees may choose from."""


@dataclass(frozen=True, slots=True)
class AlertAnswer:
    """What somebody did with an alert. Of like and dislike, the later one stands."""

    alert_id: str
    kind: AlertAnswerKind
    author: str
    category: str | None
    """For a dislike: the category it should have been, if they said so."""
    note: str
    given_at: float
