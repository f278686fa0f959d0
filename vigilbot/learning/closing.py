"""What one session teaches. The order of learning is `Closing.learn`; each step is a file of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog

from vigilbot.errors import ModelRejected, NotFound, OutputUnreadable
from vigilbot.learning.accepted import accepted
from vigilbot.learning.asked import questions_of, understood
from vigilbot.learning.chosen import chosen
from vigilbot.learning.extract import extracted
from vigilbot.learning.lesson import Lesson
from vigilbot.learning.review import reviewed
from vigilbot.storage import sessions

if TYPE_CHECKING:
    from vigilbot.learning.lesson import Asked
    from vigilbot.learning.links import LinkReader
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.storage.database import Database
    from vigilbot.storage.jobs import Job
    from vigilbot.storage.lessons import StoredLesson

log = structlog.get_logger(__name__)


class KeepsLessons(Protocol):
    """Writes lessons down: a Keeper, or the dry run of an import."""

    async def keep(self, lesson: Lesson, reasoner: str) -> StoredLesson:
        """Store a lesson and what it changes. Raises EmbeddingError, KnowledgeError."""


@dataclass(frozen=True, slots=True)
class Closing:
    """Learns from one session: builds a lesson from each question, keeps it, then reads the shared links."""

    db: Database
    reasoner: Reasoner
    keeper: KeepsLessons
    scope: str
    links: LinkReader | None = None

    async def learn(self, job: Job) -> None:
        """Look at every question of a session about which there is something new, then at the links analysts shared.

        Each lesson is stored as soon as it is learnt, so a job that fails half way goes on there when it is tried
        again. Raises VigilError.
        """
        session = await sessions.get(self.db, job.session_id)
        unlearnt: list[ModelRejected | OutputUnreadable | NotFound] = []
        for asked in await questions_of(session, self.db, self.scope):
            if job.kind == "accepted" and not asked.is_accepted:
                continue
            try:
                await self._learn_from(asked)
            except (ModelRejected, OutputUnreadable, NotFound) as error:  # of this question; the next one may go well
                unlearnt.append(error)
        if self.links and job.kind != "accepted":
            await self.links.read(session)
        if unlearnt:  # what was forgotten meanwhile is not found at the next try either
            raise min(unlearnt, key=lambda error: isinstance(error, NotFound))

    async def _learn_from(self, asked: Asked) -> None:
        lesson = await self._lesson(await understood(asked, self.reasoner))
        stored = await self.keeper.keep(lesson, self.reasoner.name)
        log.info("lesson", session=stored.session_id, message=stored.message_id, result=stored.result)

    async def _lesson(self, asked: Asked) -> Lesson:
        if asked.scope != "within_scope":
            return Lesson(asked, "passed", "nothing within scope was asked")
        if asked.turn and asked.card:
            if asked.is_accepted:
                return accepted(asked, asked.turn, asked.card)
            if asked.card.chosen_by:
                return await chosen(asked, asked.turn, asked.card, self.reasoner)
            return await reviewed(asked, asked.turn, self.reasoner)
        return await extracted(asked, self.reasoner)
