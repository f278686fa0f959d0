"""The virtual judge (AITL): a model looks at what analysts have said, in the background, and flags what it doubts.

It labels nothing. Nobody waits for it: when it is late or down, an annotation stands as the rules have left it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import VigilError
from vigilbot.models import Dialogue, Flag
from vigilbot.storage import annotations as stored
from vigilbot.storage import sessions, turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Annotation, Turn
    from vigilbot.reasoning.base import AnnotationReasoner
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)

PATIENCE = 120.0
"""Seconds for one annotation, whichever models are asked; each has VIGIL_MODEL_TIMEOUT beside it."""
DOUBTED = frozenset({"contradictory", "careless"})


@dataclass(frozen=True, slots=True)
class Judging:
    """Asks the reasoner about stored annotations, one after another, and flags those it doubts."""

    db: Database
    clock: Clock
    reasoner: AnnotationReasoner
    scope: str

    async def judge(self, made: Sequence[Annotation]) -> None:
        """Flag those of these stored annotations that the judge doubts; what it cannot decide is left."""
        for annotation in made:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._judge(annotation)
            except (VigilError, TimeoutError) as error:
                log.warning("annotation_not_judged", annotation=annotation.id, kind=annotation.kind, error=str(error))

    async def _judge(self, annotation: Annotation) -> None:
        turn = await turns.get(self.db, annotation.turn_id)
        dialogue = await self._dialogue(turn, annotation.made_at)
        found = await self.reasoner.judge_annotation(dialogue, turn, annotation)
        if found.verdict in DOUBTED:
            doubt = Flag(annotation.id, found.judge, f"{found.verdict}: {found.reason}", self.clock.now())
            async with self.db.transaction() as tx:
                await stored.flag(tx, doubt)

    async def _dialogue(self, turn: Turn, until: float) -> Dialogue:
        """As it was when the analyst spoke."""
        session = await sessions.get(self.db, turn.session_id)
        messages = await sessions.messages(self.db, session.id)
        then = [message for message in messages if message.posted_at <= until]
        return Dialogue.of(session, then, turn.message_ids, self.scope, turn.id)
