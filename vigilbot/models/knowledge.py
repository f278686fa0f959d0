"""What is known: entries, whom they may be shown to, where they come from, and passages found among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NewType

if TYPE_CHECKING:
    from vigilbot.models.learning import Verdict

EntryKind = Literal["document", "qa"]
EntryStatus = Literal["active", "pending", "retired"]

Audience = NewType("Audience", str)
"""Who may be shown an entry: `everyone`, `channel:<id>` or `customer:<id>`."""

EVERYONE = Audience("everyone")


@dataclass(frozen=True, slots=True)
class Reference:
    """One retrieved passage. `score` orders a result list; `scores` says what each path contributed."""

    entry_id: str
    version: int
    kind: EntryKind
    title: str
    text: str
    source: str
    """URL, permalink or file name the passage came from; a link only when it starts with http."""
    score: float
    scores: dict[str, float] = field(default_factory=dict)
    question: str = ""
    """For `qa` entries the stored question; `text` is then its answer."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of knowledge: a `document` chunk, or a `qa` pair whose question is `question`."""

    id: str
    kind: EntryKind
    title: str
    text: str
    question: str
    source: str
    audience: Audience
    status: EntryStatus
    version: int
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a piece of knowledge comes from: a session's question, a page an analyst shared, a person's own edit.

    Empty fields say nothing. Documents read by `ingest` have none: their place is their origin.
    """

    session_id: str = ""
    turn_id: str = ""
    message_ids: tuple[str, ...] = ()
    """The messages it rests on, oldest first."""
    people: tuple[str, ...] = ()
    """Who taught it: the authors of those messages."""
    url: str = ""
    verdict: Verdict | None = None
    """What the review that led to it decided."""
