"""`vigilbot backtest`: the real parts in virtual time, in a folder of the backtest's own."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.app import assembled
from vigilbot.embedding.likeness import SAME_ANSWER
from vigilbot.errors import StorageError
from vigilbot.evaluation.backtest import Backtest, in_order_of_time
from vigilbot.evaluation.backtest_result import BacktestResult
from vigilbot.evaluation.history import read_history
from vigilbot.evaluation.judging import RELATED, SimilarityJudge
from vigilbot.evaluation.ledger import Ledger
from vigilbot.evaluation.replay import ReplayPlatform, Stage
from vigilbot.evaluation.runs import digest_of
from vigilbot.evaluation.summary import summary_of
from vigilbot.runtime.clock import VirtualClock
from vigilbot.storage.folder import DATABASE
from vigilbot.storage.snapshot import copy_documents

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from vigilbot.app import App
    from vigilbot.config import Settings
    from vigilbot.evaluation.backtest import Step
    from vigilbot.evaluation.history import Selection

FOLDER = "backtests"
"""Within the data folder; what lies there belongs to backtests that were stopped."""

INDIFFERENT = {"data_dir", "host", "port", "console_token", "log_level"}
"""Settings that change nothing of what comes out."""

Follow = Callable[[int, int, str], None]
"""Told (done, total, label) after each step."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `vigilbot backtest` was asked for."""

    history: Selection
    learn: bool = False
    """Learn from each session when it has ended, beginning with the documents alone."""
    fresh: bool = False
    """Begin anew although the same backtest was stopped half way."""


async def replay_history(settings: Settings, wanted: Wanted, follow: Follow) -> BacktestResult:
    """Replay a history. The sessions and the knowledge of the data folder stay as they are.

    Killed, it goes on where it stopped when it is started again with the same history and settings; ended, it leaves
    nothing behind. Raises VigilError in one line.
    """
    started = time.perf_counter()
    found = await asyncio.to_thread(read_history, settings, wanted.history)
    steps = in_order_of_time(found.cases)
    folder = await asyncio.to_thread(_prepared, settings, wanted)
    async with _stage(settings, wanted, folder) as (app, clock):
        ledger = Ledger.open(folder / "ledger.jsonl")
        resumed = len(ledger.played)
        stage = Stage(app.db, clock, app.activity, app.intake)
        backtest = Backtest(stage, app.embedder, SimilarityJudge(app.embedder), ledger)
        await _followed(backtest, steps, follow)
        result = BacktestResult(
            history=wanted.history.path.name,
            learning=wanted.learn,
            reasoner=app.reasoner.name,
            scope=settings.scope,
            threshold=SAME_ANSWER if settings.dedup_threshold is None else settings.dedup_threshold,
            played=tuple(ledger.played.values()),
            summary=summary_of(list(ledger.played.values()), RELATED),
            skipped=dict(found.skipped.most_common()),
            resumed=resumed,
            seconds=time.perf_counter() - started,
        )
    await asyncio.to_thread(shutil.rmtree, folder)
    return result


async def _followed(backtest: Backtest, steps: Sequence[Step], follow: Follow) -> None:
    done, total = 0, sum(step.kind == "play" for step in steps)
    async for step in backtest.run(steps):
        done += step.kind == "play"
        follow(done, total, "Replaying" if step.kind == "play" else "Learning")


@asynccontextmanager
async def _stage(settings: Settings, wanted: Wanted, folder: Path) -> AsyncIterator[tuple[App, VirtualClock]]:
    """The app, its sessions in the backtest's folder; when it is to learn, its knowledge as well."""
    clock, platform = VirtualClock(), ReplayPlatform()
    if wanted.learn:
        own = folder / "bot"
        await _copied(settings.data_dir, own)
        settings = settings.model_copy(update={"data_dir": own, "learning": "auto", "delivery": "proactive"})
    dialogues = None if wanted.learn else folder / "dialogues.db"
    async with assembled(settings, clock=clock, platform=platform, dialogues=dialogues, links=False) as app:
        await app.knowledge.open()
        await app.reasoner.warm()
        yield app, clock


async def _copied(source: Path, target: Path) -> None:
    """Only a whole copy has its name, whenever this is killed."""
    if await asyncio.to_thread(target.exists):
        return
    partial = target.with_suffix(".partial")
    await asyncio.to_thread(_emptied, partial)
    await copy_documents(source / DATABASE, partial / DATABASE)
    await asyncio.to_thread(partial.rename, target)


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _prepared(settings: Settings, wanted: Wanted) -> Path:
    """The folder of this backtest: the same for the same history, settings and learning."""
    what = settings.model_dump(mode="json", exclude=INDIFFERENT) | {
        "history": digest_of(wanted.history.path),
        "selection": repr(wanted.history),
        "learn": wanted.learn,
    }
    name = hashlib.blake2b(json.dumps(what, sort_keys=True, default=str).encode(), digest_size=8).hexdigest()
    folder = settings.data_dir / FOLDER / name
    try:
        if wanted.fresh and folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be used ({error.strerror})") from None
    return folder
