"""Counts what is done beside doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigilbot.metrics import Metrics
    from vigilbot.models import ModelCall, Turn
    from vigilbot.reasoning.base import CallRecorder
    from vigilbot.sessions.actor import Respond


def counted(metrics: Metrics, respond: Respond) -> Respond:
    """The same; every turn that ends is counted."""

    async def and_count(turn: Turn) -> Turn | None:
        ended = await respond(turn)
        if ended is not None:
            metrics.turn_ended(ended)
        return ended

    return and_count


@dataclass(frozen=True, slots=True)
class CountedCalls:
    """Implements CallRecorder: every call is counted, then kept."""

    keeper: CallRecorder
    metrics: Metrics

    async def record(self, call: ModelCall) -> None:
        self.metrics.model_called(call)
        await self.keeper.record(call)
