"""Assembles the bot for rehearsal: backtests and evaluations, beside the live data and in virtual time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vigilbot.app import assembled
from vigilbot.clock import VirtualClock
from vigilbot.evaluation.backtest import ReplayPlatform, Stage, Tally, backtest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.config import Settings
    from vigilbot.evaluation.backtest import ReplayCase

Follow = Callable[[int, int, str], None]
"""Told (done, total, label) after each step."""


async def rehearse(settings: Settings, cases: Sequence[ReplayCase], follow: Follow) -> dict[str, Any]:
    """Replay closed dialogues with the knowledge of the data folder; its own sessions are left alone."""
    clock, tally = VirtualClock(), Tally()
    with tempfile.TemporaryDirectory() as scratch:
        async with assembled(
            settings, clock=clock, platform=ReplayPlatform(), dialogues=Path(scratch) / "dialogues.db"
        ) as app:
            await app.knowledge.open()
            await app.reasoner.warm()
            stage = Stage(app.db, clock, app.activity, app.intake)
            async for case, ended in backtest(cases, stage):
                tally.add(case, ended)
                follow(tally.sessions, len(cases), "Replaying")
    return tally.report()
