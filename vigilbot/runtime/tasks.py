"""The one owner of background tasks: it keeps them, reports their failures and drains them at shutdown."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog

from vigilbot.errors import VigilError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

log = structlog.get_logger(__name__)


class Tasks:
    """A task that nobody holds may be collected mid-way, and its error is never seen; so every task lives here."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Start `work`, keep it until it ends, and log its failure under `name`."""
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        if error := task.exception():
            log.error("task_failed", task=task.get_name(), error=repr(error), exc_info=error)

    async def drain(self, seconds: float) -> None:
        """Give running tasks, and those they start, `seconds` to end; then cancel the rest and wait for them."""
        deadline = asyncio.get_running_loop().time() + seconds
        while (tasks := self._others()) and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        while tasks := self._others():
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _others(self) -> set[asyncio.Task[Any]]:
        return {task for task in self._running if task is not asyncio.current_task() and not task.done()}


@contextmanager
def survived(doing: str) -> Iterator[None]:
    """Around one round of what is done for ever: a failure is logged, and the next round comes all the same."""
    try:
        yield
    except VigilError as error:
        log.warning("round_failed", doing=doing, error=str(error))
    except Exception:
        log.exception("round_failed", doing=doing)
