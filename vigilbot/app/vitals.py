"""How the whole process fares: every part that can stop it from answering, looked at once a second."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import structlog

from vigilbot.knowledge.index.mending import fault_of, mend
from vigilbot.metrics import LAG_SHARES
from vigilbot.pulse import Pulse
from vigilbot.reasoning.fallback import FallbackReasoner
from vigilbot.storage.queues import all_queues
from vigilbot.storage.vitality import write_fault
from vigilbot.tasks import survived

if TYPE_CHECKING:
    from vigilbot.app.assembly import App
    from vigilbot.reasoning.breaker import ModelState

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
INDEX_LOOKS = 3
"""The index is searched at every third look."""
DEAD_LAG_MS = 10_000.0


@runtime_checkable
class MayGoDeaf(Protocol):
    """A chat platform that knows when its events do not come."""

    @property
    def fault(self) -> str:
        """Why not, in words for a person; empty while they come."""


class Vitals:
    """`faults` keep the process from answering; `weaknesses` only make it answer less well."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._pulse = Pulse()
        self._mending: asyncio.Task[None] | None = None
        self._seen: dict[str, str] = {"database": "", "index": "", "chat": ""}

    @property
    def live(self) -> bool:
        """False when the event loop is so late that only a restart helps."""
        return self._pulse.lag(0.5) < DEAD_LAG_MS

    @property
    def lag_ms(self) -> float:
        """99 % of the last minute's beats came no later."""
        return round(self._pulse.lag(0.99), 1)

    @property
    def loading(self) -> str:
        return self._app.readiness.loading

    @property
    def faults(self) -> dict[str, str]:
        """Part → why it keeps us from answering, in words for a person; only the parts that do."""
        return {part: fault for part, fault in self._seen.items() if fault}

    @property
    def weaknesses(self) -> dict[str, str]:
        """The same for what somebody stands in for."""
        shut = [state for state in self._model_states() if state.state == "open"]
        return {"reasoner": f"{shut[0].model} is left alone: {shut[0].last_error}"} if shut else {}

    @property
    def ready(self) -> bool:
        return not self.loading and not self.faults

    async def watch(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pulse.beat(), name="pulse")
            group.create_task(self._look_again_and_again(), name="vitals")

    async def metrics(self) -> bytes:
        """What Prometheus is told now."""
        metrics, now = self._app.metrics, self._app.clock.now()
        for queue in await all_queues(self._app.db):
            metrics.queue_is(queue.name, queue.depth, max(0.0, now - (queue.since or now)))
        for share in LAG_SHARES:
            metrics.lag_is(share, self._pulse.lag(share))
        for state in self._model_states():
            metrics.circuit_is(state.model, state.state)
        metrics.health_is(self._seen | {"reasoner": self.weaknesses.get("reasoner", "")}, ready=self.ready)
        return metrics.text()

    async def _look_again_and_again(self) -> None:
        looks = 0
        while True:
            with survived("looking at the vitals"):
                await self._look(with_index=looks % INDEX_LOOKS == 0)
            looks += 1
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, *, with_index: bool) -> None:
        self._note("database", await asyncio.to_thread(write_fault, self._app.db.path))
        if isinstance(self._app.platform, MayGoDeaf):
            self._note("chat", self._app.platform.fault)
        if with_index and not self.loading and not (self._mending and not self._mending.done()):
            fault = await fault_of(self._app.knowledge)
            self._note("index", fault)
            if fault:
                self._mending = self._app.tasks.spawn(mend(self._app.knowledge), name="mending the index")

    def _note(self, part: str, fault: str) -> None:
        before, self._seen[part] = self._seen[part], fault
        if fault and not before:
            log.error("not_well", part=part, fault=fault)
        elif before and not fault:
            log.warning("well_again", part=part, was=before)

    def _model_states(self) -> tuple[ModelState, ...]:
        reasoner = self._app.reasoner
        return reasoner.states if isinstance(reasoner, FallbackReasoner) else ()
