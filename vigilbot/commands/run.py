"""`vigilbot run`: the bot, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import TYPE_CHECKING

from vigilbot import __version__
from vigilbot.app import assembled, serving

if TYPE_CHECKING:
    from rich.console import Console

    from vigilbot.config import Settings

STOP_SECONDS = 9.0
"""A second less than the ten that are promised, and that orchestrators commonly allow."""
ENDED_BY_FORCE = 130
"""What shells report for a program ended by Ctrl+C."""


async def serve(settings: Settings, out: Console) -> None:
    """Start everything, say where, and stop cleanly on SIGINT or SIGTERM. Raises VigilError when it cannot start."""
    stop = asyncio.Event()
    _on_signals(stop)
    async with assembled(settings) as app, serving(app) as (address, warming):
        out.print(_greeting(settings, address), markup=False, highlight=False, soft_wrap=True)
        await _until(stop, warming)
        out.print("Stopping …", markup=False)


def _on_signals(stop: asyncio.Event) -> None:
    """The first one asks to stop and allows STOP_SECONDS for it; the second one ends the process at once.

    What is not done by then is no loss: whatever was acknowledged is stored, and the next start goes on with it.
    """

    def asked() -> None:
        if stop.is_set():
            os._exit(ENDED_BY_FORCE)
        stop.set()
        # A timer of its own thread: also a blocked loop, or a thread that does not end, must not keep us.
        overdue = threading.Timer(STOP_SECONDS, os._exit, [0])
        overdue.daemon = True
        overdue.start()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked)


async def _until(stop: asyncio.Event, warming: asyncio.Task[None]) -> None:
    """Return when told to stop; raise what keeps the app from ever being ready."""
    stopping = asyncio.create_task(stop.wait(), name="stop signal")
    try:
        await asyncio.wait({warming, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if warming.done():
            warming.result()
        await stopping
    finally:
        stopping.cancel()


def _greeting(settings: Settings, address: str) -> str:
    where = f"in Slack; probes and HTTP events at {address}" if settings.uses_slack else f"console at {address}"
    thinks = (
        f"thinks with {settings.model_for('answer')}"
        if settings.uses_models
        else "thinks with the built-in extractive reasoner: it only quotes passages (VIGIL_MODEL names a model)"
    )
    return f"vigilbot {__version__}: {where}\n  {thinks}\n  keeps its data in {settings.data_dir}; Ctrl+C stops it"
