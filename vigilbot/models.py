"""The words of the domain, as frozen records. Imports nothing of ours.

A *session* is one on-call dialogue. Times are seconds since the epoch (UTC, float); timings are milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NewType

if TYPE_CHECKING:
    from collections.abc import Iterable

Role = Literal["customer", "analyst", "bot"]
Scope = Literal["within_scope", "out_of_scope", "no_assistance"]
Outcome = Literal["out_of_scope", "no_assistance", "refused", "duplicate", "overtaken", "answered", "failed"]
SessionState = Literal["open", "engaged", "closed"]
EntryKind = Literal["document", "qa"]
EntryStatus = Literal["active", "pending", "retired"]
CardState = Literal["queued", "posted", "accepted"]
Verdict = Literal["keep", "delete", "update"]

Audience = NewType("Audience", str)
"""Who may be shown an entry: `everyone`, `channel:<id>` or `customer:<id>`."""

EVERYONE = Audience("everyone")


@dataclass(frozen=True, slots=True)
class Image:
    """A picture attached to a message. `location` is a URL, or a file in the data folder."""

    location: str
    mimetype: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a session. `id` is unique within the session and keeps posting order (Slack: its `ts`)."""

    id: str
    session_id: str
    author: str
    role: Role
    text: str
    posted_at: float
    images: tuple[Image, ...] = ()
    edited_at: float | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """One on-call dialogue: a Slack thread or a console room."""

    id: str
    platform: str
    channel: str
    thread: str
    title: str
    state: SessionState
    opened_at: float
    engaged_at: float | None = None
    closed_at: float | None = None
    active_at: float = 0.0
    muted: bool = False

    def audiences(self, messages: Iterable[Message]) -> frozenset[Audience]:
        """Whose knowledge may answer here: everyone's, this channel's, and the customer's, if only one has written.

        Where several customers write, nobody's private knowledge answers: the others would read it.
        """
        customers = {message.author for message in messages if message.role == "customer"}
        private = {Audience(f"customer:{customer}") for customer in customers} if len(customers) == 1 else set()
        return frozenset({EVERYONE, Audience(f"channel:{self.channel}"), *private})


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What a thinking step sees: the session so far, and which of its messages make up the turn to judge."""

    session_id: str
    turn_id: str
    messages: tuple[Message, ...]
    turn_messages: tuple[Message, ...]
    """The burst of consecutive customer messages, oldest first; also contained in `messages`."""
    scope: str
    """The configured capability scope, in plain words."""
    audiences: frozenset[Audience]
    """Whose knowledge this session may see."""

    @property
    def turn_text(self) -> str:
        return "\n".join(message.text for message in self.turn_messages if message.text)

    @property
    def history(self) -> tuple[Message, ...]:
        """The messages that do not belong to the turn, oldest first."""
        ids = {message.id for message in self.turn_messages}
        return tuple(message for message in self.messages if message.id not in ids)


@dataclass(frozen=True, slots=True)
class Identification:
    """The scope of a turn, with the reason in one sentence a person can read."""

    scope: Scope
    reason: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """A turn rewritten to stand alone. `sub_questions` is empty when the turn asks only one thing."""

    text: str
    sub_questions: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    """Other wordings of the whole question, searched with as well but not answered on their own."""

    @property
    def parts(self) -> tuple[str, ...]:
        """What each has to be answered or refused: the sub-questions, or the question itself."""
        return self.sub_questions or (self.text,)


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
class AnswerPart:
    """The answer to one question of the turn: text with `<doc_n>` citations (n counts from 1), or a refusal."""

    question: str
    text: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reasoner says to a turn. It is a refusal when every part is."""

    parts: tuple[AnswerPart, ...]
    reasoner: str
    """Who wrote it: `extractive`, or the model's name."""

    @property
    def refused(self) -> bool:
        return all(part.refused for part in self.parts)

    @property
    def text(self) -> str:
        return "\n\n".join(part.text for part in self.parts if not part.refused)


@dataclass(frozen=True, slots=True)
class Turn:
    """A burst of consecutive customer messages, handled as one. It ends in exactly one outcome, stored."""

    id: str
    session_id: str
    message_ids: tuple[str, ...]
    created_at: float
    addressed: bool = False
    """The customer spoke to the bot itself: an answer or a reason is due."""
    scope: Scope | None = None
    question: Question | None = None
    references: tuple[Reference, ...] = ()
    answer: Answer | None = None
    outcome: Outcome | None = None
    reason: str = ""
    """Why it ended as it did, in one sentence a person can read."""
    timings: dict[str, float] = field(default_factory=dict)
    """Milliseconds by step: wait, identify, rewrite, retrieve, answer, dedup, total."""
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A cited passage as a card shows it. `number` is what stands in square brackets in the card's text."""

    number: int
    entry_id: str
    title: str
    url: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Card:
    """The answer as posted. `parts` carry `[n]` where the answer carried `<doc_n>`; `sources` explain each n."""

    id: str
    session_id: str
    turn_id: str
    parts: tuple[AnswerPart, ...]
    sources: tuple[Source, ...]
    reasoner: str
    state: CardState
    created_at: float
    posted_ref: str | None = None
    """What the platform calls the posted message (Slack: `ts`); None until it is confirmed."""
    accepted_by: str | None = None
    accepted_at: float | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and its answer in generic words: no names of people or customers, no ids, no hosts."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a closed dialogue taught about one question. Without `pair` the analysts gave no definitive answer."""

    pair: Pair | None
    message_ids: tuple[str, ...]
    """The analysts' messages that hold the definitive answer, oldest first."""
    reason: str
    """In one sentence a person can read."""


@dataclass(frozen=True, slots=True)
class Review:
    """How a posted answer stood up to the dialogue that followed. `verdict` None: undecided, so nothing changes."""

    verdict: Verdict | None
    reason: str
    misleading: tuple[int, ...] = ()
    """For `delete` and `update`: numbers n of the turn's references (`<doc_n>`, from 1) that misled."""
    pair: Pair | None = None
    """For `update`: the question with its narrowed conditions, and the answer as it should have been."""
    message_ids: tuple[str, ...] = ()
    """The analysts' messages the verdict rests on."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a page an analyst shared is worth keeping as knowledge."""

    relevant: bool
    reason: str


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


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One request to a language model, kept even when its output could not be read."""

    turn_id: str
    task: str
    model: str
    started_at: float
    duration_ms: float
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    error: str = ""
    output: str = ""
