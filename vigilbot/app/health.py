"""The health of the whole process: every part without which no customer can be answered, checked once a second."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import structlog

from vigilbot.knowledge.index.mending import fault_of, mend
from vigilbot.reasoning.fallback import FallbackReasoner
from vigilbot.runtime.loop_lag import LoopLag
from vigilbot.runtime.metrics import LAG_SHARES
from vigilbot.runtime.tasks import survived
from vigilbot.storage.queues import all_queues
from vigilbot.storage.write_check import write_fault

if TYPE_CHECKING:
    from vigilbot.app.assembly import App
    from vigilbot.reasoning.breaker import ModelState

log = structlog.get_logger(__name__)

CHECK_SECONDS = 1.0
CHECKS_PER_INDEX_SEARCH = 3
DEAD_LAG_MS = 10_000.0
"""Median lag of the event loop from which the process counts as hung."""


@runtime_checkable
class ReportsFaults(Protocol):
    """A chat platform that can tell whether its events still reach us."""

    @property
    def fault(self) -> str:
        """Why no events come, in words for a person; empty while they do."""


class Health:
    """What `/livez`, `/readyz` and `/metrics` report; implements `web.probes.Health`.

    A fault keeps the process from answering; a weakness only makes it answer less well.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._loop_lag = LoopLag()
        self._repair: asyncio.Task[None] | None = None
        self._parts: dict[str, str] = {"database": "", "index": "", "chat": ""}
        """Every part that is checked, with its present fault in words; empty while it is well."""

    @property
    def live(self) -> bool:
        """False when the event loop is so late that only a restart helps."""
        return self._loop_lag.quantile(0.5) < DEAD_LAG_MS

    @property
    def lag_ms(self) -> float:
        """Milliseconds: the 99th percentile of the event loop's lag in the last minute."""
        return round(self._loop_lag.quantile(0.99), 1)

    @property
    def loading(self) -> str:
        return self._app.readiness.loading

    @property
    def faults(self) -> dict[str, str]:
        """Every part at fault, and why it keeps us from answering, in words for a person."""
        return {part: fault for part, fault in self._parts.items() if fault}

    @property
    def weaknesses(self) -> dict[str, str]:
        """The same for a part that fails while another one stands in for it: a model whose circuit is open."""
        failing = [state for state in self._model_states() if state.state == "open"]
        return {"reasoner": f"{failing[0].model} is left alone: {failing[0].last_error}"} if failing else {}

    @property
    def ready(self) -> bool:
        return not self.loading and not self.faults

    async def watch(self) -> None:
        """Keep checking until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._loop_lag.measure(), name="loop lag")
            group.create_task(self._keep_checking(), name="health checks")

    async def metrics(self) -> bytes:
        """All metrics as they stand now, in Prometheus's text format."""
        metrics, now = self._app.metrics, self._app.clock.now()
        for queue in await all_queues(self._app.db):
            metrics.queue_is(queue.name, queue.depth, max(0.0, now - (queue.since or now)))
        for share in LAG_SHARES:
            metrics.lag_is(share, self._loop_lag.quantile(share))
        for state in self._model_states():
            metrics.circuit_is(state.model, state.state)
        metrics.health_is(self._parts | {"reasoner": self.weaknesses.get("reasoner", "")}, ready=self.ready)
        return metrics.text()

    async def _keep_checking(self) -> None:
        for number in itertools.count():
            with survived("checking the process's health"):
                await self._check(with_index=number % CHECKS_PER_INDEX_SEARCH == 0)
            await asyncio.sleep(CHECK_SECONDS)

    async def _check(self, *, with_index: bool) -> None:
        self._note("database", await asyncio.to_thread(write_fault, self._app.db.path))
        if isinstance(self._app.platform, ReportsFaults):
            self._note("chat", self._app.platform.fault)
        if with_index and not self.loading and not (self._repair and not self._repair.done()):
            fault = await fault_of(self._app.knowledge)
            self._note("index", fault)
            if fault:
                self._repair = self._app.tasks.spawn(mend(self._app.knowledge), name="mending the index")
            elif self._app.knowledge.behind:
                self._repair = self._app.tasks.spawn(self._app.knowledge.bring_in_line(), name="filling the index")

    def _note(self, part: str, fault: str) -> None:
        before, self._parts[part] = self._parts[part], fault
        if fault and not before:
            log.error("not_well", part=part, fault=fault)
        elif before and not fault:
            log.warning("well_again", part=part, was=before)

    def _model_states(self) -> tuple[ModelState, ...]:
        reasoner = self._app.reasoner
        return reasoner.states if isinstance(reasoner, FallbackReasoner) else ()
