"""Records to columns and back: nested records are stored as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vigilbot.models import (
    Answer,
    AnswerPart,
    Card,
    Finding,
    Image,
    Message,
    Question,
    Reference,
    Session,
    Source,
    Turn,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


def to_json(value: Any) -> str:
    """Compact JSON; records become objects."""
    return json.dumps(value, default=asdict, ensure_ascii=False, separators=(",", ":"))


def session_of(row: sqlite3.Row) -> Session:
    return Session(**{**dict(row), "muted": bool(row["muted"])})


def message_of(row: sqlite3.Row) -> Message:
    return Message(
        id=row["id"],
        session_id=row["session_id"],
        author=row["author"],
        role=row["role"],
        text=row["text"],
        posted_at=row["posted_at"],
        images=tuple(Image(**image) for image in json.loads(row["images"])),
        edited_at=row["edited_at"],
        deleted=bool(row["deleted"]),
    )


def turn_of(row: sqlite3.Row, message_ids: Iterable[str]) -> Turn:
    question = json.loads(row["question"]) if row["question"] else None
    answer = json.loads(row["answer"]) if row["answer"] else None
    return Turn(
        id=row["id"],
        session_id=row["session_id"],
        message_ids=tuple(message_ids),
        created_at=row["created_at"],
        addressed=bool(row["addressed"]),
        scope=row["scope"],
        question=question_of(question) if question else None,
        references=tuple(Reference(**reference) for reference in json.loads(row["refs"])),
        findings=tuple(Finding(**finding) for finding in json.loads(row["findings"])),
        answer=Answer(parts_of(answer["parts"]), answer["reasoner"]) if answer else None,
        outcome=row["outcome"],
        reason=row["reason"],
        timings=json.loads(row["timings"]),
        ended_at=row["ended_at"],
        duplicate_of=row["duplicate_of"],
    )


def card_of(row: sqlite3.Row) -> Card:
    return Card(
        id=row["id"],
        session_id=row["session_id"],
        turn_id=row["turn_id"],
        parts=parts_of(json.loads(row["parts"])),
        sources=tuple(Source(**source) for source in json.loads(row["sources"])),
        reasoner=row["reasoner"],
        state=row["state"],
        created_at=row["created_at"],
        posted_ref=row["posted_ref"],
        accepted_by=row["accepted_by"],
        accepted_at=row["accepted_at"],
        chosen_by=row["chosen_by"],
    )


def question_of(fields: dict[str, Any]) -> Question:
    return Question(fields["text"], tuple(fields["sub_questions"]), tuple(fields.get("variants", ())))


def parts_of(parts: Iterable[dict[str, Any]]) -> tuple[AnswerPart, ...]:
    return tuple(AnswerPart(**part) for part in parts)
