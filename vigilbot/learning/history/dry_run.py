"""What a dry run of an import does with a lesson: notes it, and teaches nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.storage import lessons
from vigilbot.storage.lessons import StoredLesson

if TYPE_CHECKING:
    from vigilbot.learning.lesson import Lesson
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database


@dataclass(frozen=True, slots=True)
class DryRun:
    """Implements KeepsLessons over a throw-away database: `vigilbot import --dry-run`."""

    db: Database
    """The dry run's own."""
    clock: Clock

    async def keep(self, lesson: Lesson, reasoner: str) -> StoredLesson:
        """Note what a question would have taught; the knowledge base stays as it is."""
        asked = lesson.asked
        noted = StoredLesson(
            session_id=asked.session.id,
            message_id=asked.message_id,
            turn_id=None,
            scope=asked.scope or "within_scope",
            question=asked.question,
            result=lesson.result,
            reason=lesson.reason,
            evidence=lesson.evidence,
            entries=(),
            seen=asked.seen,
            reasoner=reasoner,
            learnt_at=self.clock.now(),
        )
        async with self.db.transaction() as tx:
            await lessons.save(tx, noted)
        return noted
