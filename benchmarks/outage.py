"""A minute without a model: 429, 500, silence and dropped connections in turn, at 100 %, while customers go on asking.

The whole bot in one process, real litellm against a real endpoint on loopback (aimock). Promised: no turn lost, quotes
within VIGIL_LATENCY_BUDGET (8 s), an event loop that comes round (p99 under 50 ms late), and recovery noticed
and everything drained within 60 s of the end.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.thinking import OUTAGES, Stage, staged
from vigilbot.reasoning.fallback import FallbackReasoner
from vigilbot.storage import turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SECONDS = 60.0
BETWEEN_TURNS = 2.5
TICK = 0.01
RECOVERY_SECONDS = 60.0


def measure() -> Iterator[dict[str, object]]:
    yield {"case": f"{SECONDS:.0f} s of " + ", ".join(name for name, _ in OUTAGES)} | asyncio.run(_minute())


async def _minute() -> dict[str, object]:
    async with staged(FallbackReasoner) as stage:
        async with _lag() as late:
            during = await _asking(stage)
        ended = time.perf_counter()
        await stage.llm.calm()
        recovered = await _recovery(stage, len(during) + 1, ended)
        open_turns = await turns.unfinished(stage.app.db)
    took = [seconds for seconds, _ in during]
    return {
        "turns": len(during),
        "turns_lost": len(open_turns) + sum(not writer for _, writer in during),
        "written_by": sorted({writer for _, writer in during}),
        "message_to_card_s": {f"p{p}": round(float(np.percentile(took, p)), 2) for p in (50, 95, 100)},
        "loop_late_ms": {f"p{p}": round(float(np.percentile(late, p)) * 1e3, 1) for p in (50, 99, 100)},
        "recovery_noticed_after_s": recovered,
    }


async def _asking(stage: Stage) -> list[tuple[float, str]]:
    """Seconds to the card and its writer, for one question after the other; each outage has its share of the time."""
    during: list[tuple[float, str]] = []
    share = SECONDS / len(OUTAGES)
    for _, chaos in OUTAGES:
        await stage.llm.chaos(**chaos)
        until = time.perf_counter() + share
        while time.perf_counter() < until:
            milliseconds, writer = await stage.to_card(len(during) + 1)
            during.append((milliseconds / 1e3, writer))
            await asyncio.sleep(max(0.0, min(BETWEEN_TURNS, until - time.perf_counter())))
    return during


async def _recovery(stage: Stage, serial: int, ended: float) -> float | None:
    """Seconds until a card is the model's own again; None when that takes too long."""
    while time.perf_counter() - ended < RECOVERY_SECONDS:
        _, writer = await stage.to_card(serial)
        if not writer.startswith("extractive"):
            return round(time.perf_counter() - ended, 1)
        serial += 1
        await asyncio.sleep(1)
    return None


@asynccontextmanager
async def _lag() -> AsyncIterator[list[float]]:
    """How late (seconds) the event loop came round, every TICK of the block."""
    late: list[float] = []

    async def watch() -> None:
        while True:
            due = time.perf_counter() + TICK
            await asyncio.sleep(TICK)
            late.append(time.perf_counter() - due)

    watching = asyncio.create_task(watch())
    try:
        yield late
    finally:
        watching.cancel()
