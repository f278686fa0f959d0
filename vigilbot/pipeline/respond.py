"""One turn, start to end. The order of work is `Pipeline.respond`; everything else is where it belongs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import VigilError
from vigilbot.models import Dialogue
from vigilbot.pipeline.answer import answer
from vigilbot.pipeline.conclude import conclude
from vigilbot.pipeline.dedup import dedup
from vigilbot.pipeline.draft import Draft
from vigilbot.pipeline.understand import understand
from vigilbot.storage import sessions

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder
    from vigilbot.models import DeliveryMode, Turn
    from vigilbot.pipeline.standdown import StandDown
    from vigilbot.pipeline.understand import Sources
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)

LONGEST_TURN_SECONDS = 120.0
"""Beyond this no answer is worth waiting for; the turn has failed."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The steps of a turn, with everything they need."""

    db: Database
    clock: Clock
    reasoner: Reasoner
    sources: Sources
    embedder: Embedder
    scope: str
    dedup_threshold: float
    stand_down: StandDown
    delivery: DeliveryMode
    """How answers reach people where nobody has chosen another way."""

    async def respond(self, turn: Turn) -> Turn | None:
        """Bring a turn to its one outcome and store it; None when its messages changed meanwhile: run it again."""
        draft = await self._read(turn)
        with draft.stopwatch.step("total"):
            draft = await self._decided(draft)
        return await conclude(draft, self.db, self.stand_down, self.delivery, self.clock.now())

    async def _decided(self, draft: Draft) -> Draft:
        try:
            async with asyncio.timeout(LONGEST_TURN_SECONDS):
                return await self._steps(draft)
        except VigilError as error:
            return draft.end("failed", str(error))
        except TimeoutError:
            return draft.end("failed", f"no answer within {LONGEST_TURN_SECONDS:.0f} seconds")
        except Exception as error:  # a fault of ours must not leave the turn without outcome
            log.exception("turn_failed", session=draft.turn.session_id, turn=draft.turn.id)
            return draft.end("failed", f"an internal error ({type(error).__name__}); see the log")

    async def _steps(self, draft: Draft) -> Draft:
        draft = await self._still_wanted(draft)
        if not draft.ended:
            draft = await understand(draft, self.reasoner, self.sources)
        if not draft.ended:
            draft = await answer(draft, self.reasoner)
        if not draft.ended:
            draft = await dedup(draft, self.db, self.embedder, self.dedup_threshold)
        return draft

    async def _still_wanted(self, draft: Draft) -> Draft:
        dialogue = draft.dialogue
        if not dialogue.turn_messages:
            return draft.end("no_assistance", "the customer deleted the message")
        session = await sessions.get(self.db, dialogue.session_id)
        reason = self.stand_down.reason(session, dialogue.messages, dialogue.turn_messages, self.clock.now())
        return draft.end("overtaken", reason) if reason else draft

    async def _read(self, turn: Turn) -> Draft:
        session = await sessions.get(self.db, turn.session_id)
        messages = await sessions.messages(self.db, turn.session_id)
        draft = Draft(turn, Dialogue.of(session, messages, turn.message_ids, self.scope, turn.id))
        draft.stopwatch.timings["wait"] = round(max(0.0, self.clock.now() - turn.created_at) * 1000, 1)
        return draft
