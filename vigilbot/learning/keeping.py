"""Writing a lesson down: redacted, merged, and in one transaction with what it changes and why."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from vigilbot.errors import NotFound
from vigilbot.knowledge.texts import normalised
from vigilbot.learning.audience import audience_of
from vigilbot.learning.merging import Addition, merged, new_entry_id
from vigilbot.models import Origin
from vigilbot.safety.redaction.redact import redacted
from vigilbot.storage import entries, lessons, misleading, provenance
from vigilbot.storage.entries import Change, Content, NewVersion, Shelf
from vigilbot.storage.lessons import Effect, StoredLesson
from vigilbot.storage.misleading import Mark

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import aiosqlite

    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.learning.audience import LearnFor
    from vigilbot.learning.lesson import Lesson
    from vigilbot.models import Audience, Pair, Session, Verdict
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.entries import Written
    from vigilbot.storage.lessons import Result

Policy = Literal["auto", "approve"]
VERDICTS: dict[Result, Verdict] = {"kept": "keep", "deleted": "delete", "updated": "update"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a lesson is going to change."""

    additions: tuple[Addition, ...] = ()
    retire: tuple[str, ...] = ()
    """Ids of learnt pairs to take out of use."""
    mark: tuple[str, ...] = ()
    """Ids of entries that stay, but not for questions like this one."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Implements KeepsLessons: writes lessons into the knowledge base."""

    knowledge: LocalKnowledge
    clock: Clock
    permalink: Callable[[Session], Awaitable[str]]
    """The address of a session's thread: what a learnt pair cites."""
    policy: Policy
    learn_for: LearnFor
    one_lesson: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Lessons are written one after another, so that two of them never add the same pair."""

    async def keep(self, lesson: Lesson, reasoner: str) -> StoredLesson:
        """Store what a lesson changes and the lesson itself, all or nothing. Raises EmbeddingError, KnowledgeError."""
        async with self.one_lesson:
            plan = await self._plan(lesson)
            by = await self._change(lesson, reasoner)
            stored: list[StoredLesson] = []

            async def finish(tx: aiosqlite.Connection, written: list[Written]) -> list[Written]:
                gone = await entries.retire(tx, plan.retire, by)
                await misleading.add(tx, _marks(lesson, plan, by.at))
                stored.append(_stored(lesson, _effects(plan, written, gone), reasoner, by.at))
                await lessons.save(tx, stored[0])
                return gone

            await self.knowledge.put([addition.version for addition in plan.additions], by, finish)
            return stored[0]

    async def _plan(self, lesson: Lesson) -> Plan:
        additions = await self._additions(lesson)
        misled = {reference.entry_id for reference in lesson.misled} - {addition.version.id for addition in additions}
        retire = set[str]()
        if self.policy == "auto" and lesson.result == "deleted":
            retire = await entries.learnt(self.knowledge.db, misled)
        if lesson.result == "nothing" and lesson.asked.before:  # the whole dialogue took back what its beginning said
            retire = {effect.entry_id for effect in lesson.asked.before.entries if effect.change == "added"}
        return Plan(additions, tuple(sorted(retire)), tuple(sorted(misled - retire)))

    async def _additions(self, lesson: Lesson) -> tuple[Addition, ...]:
        audience = await self._audience(lesson)
        if audience is None or not lesson.pairs:
            return ()
        source = await self.permalink(lesson.asked.session)
        title = f"Support session of {_day(lesson)}"
        misled = {reference.entry_id for reference in lesson.misled}
        found: dict[str, Addition] = {}
        for number, pair in enumerate(lesson.pairs):
            fresh = NewVersion(
                id=new_entry_id(lesson.asked.session.id, lesson.asked.message_id, number, audience),
                shelf=Shelf("qa", audience),
                content=_content(pair, title, source),
                status="active" if self.policy == "auto" else "pending",
            )
            addition: Addition | None = Addition(fresh, "added")
            if self.policy == "auto":
                addition = await merged(fresh, lesson.asked.before, misled, self.knowledge)
            if addition and addition.version.id in found:  # a sibling has taken that entry's place
                addition = Addition(fresh, "added") if addition.change == "replaced" else None
            if addition:
                found[addition.version.id] = addition
        return tuple(found.values())

    async def _audience(self, lesson: Lesson) -> Audience | None:
        """Whom the pairs may answer; None: nobody, also where something that was seen has been forgotten since."""
        try:
            seen = [await self.knowledge.get(reference.entry_id) for reference in lesson.saw]
        except NotFound:
            return None
        return audience_of(lesson.asked.session, [entry.audience for entry in seen], self.learn_for)

    async def _change(self, lesson: Lesson, reasoner: str) -> Change:
        """Who and why, and all that the lesson rests on: forgetting any of it has to reach what was made from it."""
        asked = lesson.asked
        taught = {message.id: message.author for message in asked.dialogue.messages if message.id in lesson.evidence}
        origin = Origin(
            session_id=asked.session.id,
            turn_id=asked.turn.id if asked.turn else "",
            message_ids=tuple(message.id for message in asked.dialogue.turn_messages) + lesson.evidence,
            people=tuple(dict.fromkeys(taught.values())),
            verdict=VERDICTS.get(lesson.result),
        )
        drawn = await provenance.of_current(self.knowledge.db, [reference.entry_id for reference in lesson.drew_on])
        return Change(f"learning ({reasoner})", redacted(lesson.reason).text, self.clock.now(), (origin, *drawn))


def _content(pair: Pair, title: str, source: str) -> Content:
    """What hides from a reader or from a search goes first: it could part a secret in two."""
    return Content(title, redacted(normalised(pair.answer)).text, source, redacted(normalised(pair.question)).text)


def _day(lesson: Lesson) -> str:
    return datetime.fromtimestamp(lesson.asked.dialogue.turn_messages[0].posted_at, UTC).strftime("%-d %B %Y")


def _marks(lesson: Lesson, plan: Plan, at: float) -> list[Mark]:
    asked = lesson.asked
    question = redacted(asked.question.text).text
    why = redacted(lesson.reason).text
    return [Mark(entry, asked.session.id, asked.message_id, question, why, at) for entry in plan.mark]


def _effects(plan: Plan, written: list[Written], gone: list[Written]) -> tuple[Effect, ...]:
    return (
        *(Effect(*item.ref, addition.change) for item, addition in zip(written, plan.additions, strict=True)),
        *(Effect(*item.ref, "retired") for item in gone),
        *(Effect(entry_id, 0, "marked") for entry_id in plan.mark),
    )


def _stored(lesson: Lesson, effects: tuple[Effect, ...], reasoner: str, at: float) -> StoredLesson:
    asked = lesson.asked
    assert asked.scope is not None  # noqa: S101 - nobody learns from a question before understanding it
    return StoredLesson(
        session_id=asked.session.id,
        message_id=asked.message_id,
        turn_id=asked.turn.id if asked.turn else None,
        scope=asked.scope,
        question=asked.question,
        result=lesson.result,
        reason=redacted(lesson.reason).text,
        evidence=lesson.evidence,
        entries=effects or (asked.before.entries if asked.before else ()),
        seen=asked.seen,
        reasoner=reasoner,
        learnt_at=at,
    )
