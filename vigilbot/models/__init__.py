"""The words of the domain, as frozen records, a file for each subject. Imports nothing of ours.

A *session* is one on-call dialogue. Times are seconds since the epoch (UTC, float); timings are milliseconds.
"""

from vigilbot.models.calls import ModelCall
from vigilbot.models.dialogue import Dialogue, Image, Message, Role, Session, SessionState
from vigilbot.models.knowledge import EVERYONE, Audience, Entry, EntryKind, EntryStatus, Origin, Reference
from vigilbot.models.learning import Extraction, Judgement, Pair, Review, Verdict
from vigilbot.models.tickets import OTHER, Category, Sameness, Severity, TicketState
from vigilbot.models.turns import (
    Answer,
    AnswerPart,
    Card,
    CardState,
    Identification,
    Outcome,
    Question,
    Scope,
    Source,
    Turn,
)

__all__ = [
    "EVERYONE",
    "OTHER",
    "Answer",
    "AnswerPart",
    "Audience",
    "Card",
    "CardState",
    "Category",
    "Dialogue",
    "Entry",
    "EntryKind",
    "EntryStatus",
    "Extraction",
    "Identification",
    "Image",
    "Judgement",
    "Message",
    "ModelCall",
    "Origin",
    "Outcome",
    "Pair",
    "Question",
    "Reference",
    "Review",
    "Role",
    "Sameness",
    "Scope",
    "Session",
    "SessionState",
    "Severity",
    "Source",
    "TicketState",
    "Turn",
    "Verdict",
]
