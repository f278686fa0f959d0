"""The one worker that learns: jobs in order, tried again when they fail, and checkpoints for sessions gone quiet."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import NotFound, VigilError
from vigilbot.runtime.tasks import survived
from vigilbot.storage import jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from vigilbot.learning.closing import Closing
    from vigilbot.runtime.activity import Activity
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database
    from vigilbot.storage.jobs import Job

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 60.0
ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 30.0
PAUSE_GROWTH = 4
"""30 s, 2 min, 8 min, 32 min, 2 h: long enough for a model's outage to end."""


class Learner:
    """Sessions are learnt from one at a time, in the background: customers' turns never wait for it."""

    def __init__(
        self,
        closing: Closing,
        db: Database,
        clock: Clock,
        activity: Activity,
        told: Callable[[str], None],
        checkpoint_seconds: float,
    ) -> None:
        """`told` hears the id of each session that was learnt from."""
        self._closing = closing
        self._db = db
        self._clock = clock
        self._activity = activity
        self._told = told
        self._checkpoint_seconds = checkpoint_seconds
        self._one_job = asyncio.Lock()

    async def sweep(self) -> None:
        """Until cancelled: order checkpoints of sessions gone quiet, and do what has become due."""
        while True:
            with self._activity.busy(), survived("learning"):
                await self._order_checkpoints()
                await self.work()
            await self._clock.sleep(SWEEP_SECONDS)

    async def work(self) -> None:
        """Do every job that is due. A failed one becomes due again later. Raises StorageError, and nothing else."""
        async with self._one_job:
            while job := await jobs.next_due(self._db, self._clock.now()):
                await self._do(job)

    async def _order_checkpoints(self) -> None:
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await jobs.order_checkpoints(tx, now - self._checkpoint_seconds, now)

    async def _do(self, job: Job) -> None:
        try:
            await self._closing.learn(job)
        except NotFound as error:
            await self._finish(job, f"forgotten meanwhile: {error}")
        except VigilError as error:
            await self._failed(job, str(error))
        except Exception as error:  # a fault of ours must not stop the learning of every other session
            log.exception("learning_failed", session=job.session_id)
            await self._failed(job, f"an internal error ({type(error).__name__}); see the log")
        else:
            await self._finish(job)
        self._told(job.session_id)

    async def _finish(self, job: Job, error: str = "") -> None:
        async with self._db.transaction() as tx:
            await jobs.finish(tx, job, self._clock.now(), error)

    async def _failed(self, job: Job, error: str) -> None:
        tries = job.tried + 1
        log.warning("learning_postponed", session=job.session_id, tries=tries, error=error)
        if tries >= ATTEMPTS:
            await self._finish(job, f"given up after {tries} tries: {error}")
            return
        due_at = self._clock.now() + FIRST_PAUSE_SECONDS * PAUSE_GROWTH ** (tries - 1)
        async with self._db.transaction() as tx:
            await jobs.postpone(tx, job.id, error, due_at)
