"""Turns and model calls on their way into the metrics: the same work, and counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigilbot.models import ModelCall, Turn
    from vigilbot.reasoning.base import CallRecorder
    from vigilbot.runtime.metrics import Metrics
    from vigilbot.sessions.actor import Respond


def counted(metrics: Metrics, respond: Respond) -> Respond:
    """`respond`, with every turn that ends counted in `metrics`."""

    async def and_count(turn: Turn) -> Turn | None:
        ended = await respond(turn)
        if ended is not None:
            metrics.turn_ended(ended)
        return ended

    return and_count


@dataclass(frozen=True, slots=True)
class CountedCalls:
    """Implements CallRecorder: counts every model call in `metrics`, then hands it to `keeper`."""

    keeper: CallRecorder
    metrics: Metrics

    async def record(self, call: ModelCall) -> None:
        self.metrics.model_called(call)
        await self.keeper.record(call)
