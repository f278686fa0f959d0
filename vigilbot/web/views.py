"""Records as the console API shows them: one function a record, keys in the words of the domain."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from vigilbot.storage import cards, catalogue, jobs, lessons, outbox, sessions, suggestions, turns
from vigilbot.web.explain import notes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.config import Settings
    from vigilbot.models import Card, Entry, EntryStatus, Image, Message, Reference, Session, Turn
    from vigilbot.storage.database import Database
    from vigilbot.storage.lessons import StoredLesson
    from vigilbot.storage.outbox import Delivery
    from vigilbot.web.explain import Note
    from vigilbot.web.parts import Parts
    from vigilbot.web.status import Status

View = dict[str, Any]
LAST_LINE_CHARACTERS = 120
CITATION = re.compile(r"<(?:doc|(tool))_(\d+)>")


async def session_view(parts: Parts, session_id: str) -> View:
    """Everything about one session: `session, messages, turns, cards, lessons, notices`. Raises NotFound."""
    session = await sessions.get(parts.db, session_id)
    messages = await sessions.messages(parts.db, session_id)
    all_turns = await turns.of_session(parts.db, session_id)
    withheld = {each.turn_id for each in await suggestions.of_session(parts.db, session_id) if each.state != "posted"}
    explained = notes(session, messages, all_turns, parts.settings, parts.clock.now(), withheld)
    return {
        "session": session_fields(session),
        "messages": [message_fields(message, explained.get(message.id)) for message in messages],
        "turns": [turn_fields(replace(turn, answer=None) if turn.id in withheld else turn) for turn in all_turns],
        "cards": [card_fields(card) for card in await cards.of_session(parts.db, session_id)],
        "lessons": await _lessons(parts.db, session_id),
        "learning": bool(await jobs.waiting(parts.db, session_id)),
        "notices": [notice_fields(notice) for notice in await outbox.of_session(parts.db, session_id, outbox.NOTICE)],
    }


async def sessions_view(parts: Parts) -> list[View]:
    """The latest sessions, each with the last thing said in it."""
    latest = await sessions.recent(parts.db)
    last = await sessions.last_messages(parts.db, [session.id for session in latest])
    return [{**session_fields(session), "last": _last_line(last.get(session.id))} for session in latest]


def _last_line(message: Message | None) -> View | None:
    if message is None:
        return None
    text = "(deleted)" if message.deleted else " ".join(message.text[: 2 * LAST_LINE_CHARACTERS].split())
    return {"author": message.author, "role": message.role, "text": (text or "(image)")[:LAST_LINE_CHARACTERS]}


def session_fields(session: Session) -> View:
    return {
        "id": session.id,
        "platform": session.platform,
        "title": session.title,
        "state": session.state,
        "muted": session.muted,
        "opened_at": session.opened_at,
        "engaged_at": session.engaged_at,
        "closed_at": session.closed_at,
        "active_at": session.active_at,
    }


def message_fields(message: Message, note: Note | None) -> View:
    return {
        "id": message.id,
        "author": message.author,
        "role": message.role,
        "text": message.text,
        "images": [image_fields(image) for image in message.images],
        "posted_at": message.posted_at,
        "edited_at": message.edited_at,
        "deleted": message.deleted,
        "note": asdict(note) if note else None,
    }


def image_fields(image: Image) -> View:
    return {"url": f"/api/{image.location}", "mimetype": image.mimetype, "name": image.name}


def turn_fields(turn: Turn) -> View:
    return {
        "id": turn.id,
        "message_ids": list(turn.message_ids),
        "created_at": turn.created_at,
        "ended_at": turn.ended_at,
        "scope": turn.scope,
        "outcome": turn.outcome,
        "reason": turn.reason,
        "question": turn.question.text if turn.question else None,
        "sub_questions": list(turn.question.sub_questions) if turn.question else [],
        "answer": cited(turn.answer.text) if turn.answer else None,
        "timings": turn.timings,
        "references": [reference_fields(reference) for reference in turn.references],
        "findings": [asdict(finding) for finding in turn.findings],
    }


def cited(text: str) -> str:
    """`<doc_2>` as `[2]`, `<tool_1>` as `[tool 1]`: n counts the turn's references, or its findings."""
    return CITATION.sub(lambda cite: f"[tool {cite[2]}]" if cite[1] else f"[{cite[2]}]", text)


def reference_fields(reference: Reference) -> View:
    return {
        "entry_id": reference.entry_id,
        "version": reference.version,
        "kind": reference.kind,
        "title": reference.title,
        "source": reference.source,
        "question": reference.question,
        "text": reference.text,
        "score": reference.score,
        "scores": reference.scores,
    }


def card_fields(card: Card) -> View:
    return {
        "id": card.id,
        "session_id": card.session_id,
        "turn_id": card.turn_id,
        "text": "\n\n".join(part.text for part in card.parts if not part.refused),
        "parts": [asdict(part) for part in card.parts],
        "sources": [asdict(source) for source in card.sources],
        "reasoner": card.reasoner,
        "state": card.state,
        "created_at": card.created_at,
        "accepted_by": card.accepted_by,
        "accepted_at": card.accepted_at,
        "chosen_by": card.chosen_by,
    }


async def _lessons(db: Database, session_id: str) -> list[View]:
    taught = await lessons.of_session(db, session_id)
    changed = {effect.entry_id for lesson in taught for effect in lesson.entries}
    now = await catalogue.statuses(db, changed) if changed else {}
    return [lesson_fields(lesson, now) for lesson in taught]


def lesson_fields(lesson: StoredLesson, now: Mapping[str, EntryStatus]) -> View:
    """What one question of the session taught; `entries` are what that changed in the knowledge base.

    Of each entry, `status` is what it is by now: `pending` while it waits for approval (VIGIL_LEARNING=approve).
    """
    return {
        "message_id": lesson.message_id,
        "turn_id": lesson.turn_id,
        "question": lesson.question.text if lesson.question else None,
        "result": lesson.result,
        "reason": lesson.reason,
        "evidence": list(lesson.evidence),
        "entries": [{**asdict(effect), "status": now.get(effect.entry_id)} for effect in lesson.entries],
        "reasoner": lesson.reasoner,
        "learnt_at": lesson.learnt_at,
    }


def notice_fields(notice: Delivery) -> View:
    said = notice.payload
    return {"id": notice.id, "text": said["text"], "to": said["to"] or None, "said_at": notice.created_at}


def entry_fields(entry: Entry) -> View:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "title": entry.title,
        "question": entry.question,
        "text": entry.text,
        "source": entry.source,
        "version": entry.version,
        "status": entry.status,
        "updated_at": entry.updated_at,
    }


def status_fields(status: Status, settings: Settings, version: str) -> View:
    shown = status.sources[:100]
    return {
        "version": version,
        "ready": status.ready,
        "loading": status.loading,
        "background": status.background,
        "reasoner": status.reasoner,
        "scope": settings.scope,
        "engage": settings.engage,
        "quiet_window": settings.quiet_window,
        "knowledge": {
            "entries": status.entries,
            "source_count": len(status.sources),
            "sources": [{"source": source, "entries": count} for source, count in shown],
            "own_docs_only": status.own_docs_only,
        },
    }
