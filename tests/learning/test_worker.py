"""The worker goes on: whatever fails about one job, one question or one round stops nothing else."""

from __future__ import annotations

import sqlite3
from collections import deque
from typing import TYPE_CHECKING

from tests.learning.test_closing import MINUTES, PAIR, asked_and_answered, close, lessons_of, scripted
from tests.scene import PLACE, staged
from vigilbot.errors import NotFound
from vigilbot.learning.keeping import Keeper
from vigilbot.models import Extraction
from vigilbot.storage import jobs

if TYPE_CHECKING:
    from pathlib import Path

    import aiosqlite
    import pytest

    from vigilbot.learning.lesson import Lesson
    from vigilbot.storage.lessons import StoredLesson


async def test_learning_outlives_a_database_that_cannot_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = jobs.order_checkpoints, deque([sqlite3.OperationalError("attempt to write a readonly database")])

    async def sometimes(tx: aiosqlite.Connection, quiet_since: float, at: float) -> int:
        if failures:
            raise failures.pop()
        return await real(tx, quiet_since, at)

    monkeypatch.setattr(jobs, "order_checkpoints", sometimes)
    reasoner = scripted(scopes=["within_scope"], extractions=[Extraction(PAIR, ("0003",), "she gave the command")])
    async with staged(folder, reasoner, documented=False, checkpoint=20) as scene:
        assert scene.app.learner
        await asked_and_answered(scene)
        sweeping = scene.app.tasks.spawn(scene.app.learner.sweep(), name="sweep")
        await scene.passes(22 * MINUTES)
        assert [lesson.result for lesson in await lessons_of(scene)] == ["learnt"]
        sweeping.cancel()


async def test_what_one_question_rests_on_being_forgotten_does_not_stop_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Keeper.keep

    async def keep(self: Keeper, lesson: Lesson, reasoner: str) -> StoredLesson:
        if lesson.asked.message_id == "0001":
            raise NotFound("no entry e1")
        return await real(self, lesson, reasoner)

    monkeypatch.setattr(Keeper, "keep", keep)
    reasoner = scripted(scopes=["within_scope"] * 2, extractions=[Extraction(None, (), "."), Extraction(None, (), ".")])
    async with staged(folder, reasoner, documented=False) as scene:
        await scene.say("customer", "What is the limit?", "eve")
        await scene.say("analyst", "Ten.", "ana")
        await scene.command("mute", "ana")
        said = await asked_and_answered(scene)
        reasoner.extractions[-1] = Extraction(PAIR, (said,), ".")
        await close(scene)
        assert [(lesson.message_id, lesson.result) for lesson in await lessons_of(scene)] == [("0004", "learnt")]
        assert await jobs.waiting(scene.app.db, PLACE.session_id) == []
