"""The running process: it stops in time and goes on where it stood, and its log holds nobody's words."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.bot import printed, running_bot
from vigilbot.commands.run import ENDED_BY_FORCE, STOP_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

QUESTION = "How do I change the port of the console, zanzibar?"
SAID = (QUESTION, "Let me look, says quetzalcoatl.", "thanks a lot, xylophone!")
TELLTALES = ("zanzibar", "quetzalcoatl", "xylophone", "change the port", "thanks a lot")


@pytest.mark.disk
async def test_told_to_stop_within_a_turn_it_stops_in_time_and_the_next_start_answers(folder: Path) -> None:
    async with running_bot(folder, VIGIL_QUIET_WINDOW="30") as bot:
        room = await bot.room()
        assert (await bot.say(room, "customer", QUESTION))[0] < 300
        began = time.monotonic()
        bot.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(bot.process.wait(), STOP_SECONDS + 1) == 0
        assert time.monotonic() - began <= STOP_SECONDS + 0.5
    async with running_bot(folder) as bot:
        assert await bot.outcomes(room, 1) == ["answered"]


async def test_a_second_signal_ends_it_at_once(folder: Path) -> None:
    async with running_bot(folder, VIGIL_QUIET_WINDOW="30") as bot:
        room = await bot.room()
        assert (await bot.say(room, "customer", QUESTION))[0] < 300
        bot.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        began = time.monotonic()
        bot.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(bot.process.wait(), 2) == ENDED_BY_FORCE
        assert time.monotonic() - began < 1


async def test_the_log_of_a_whole_dialogue_names_its_session_and_holds_none_of_its_words(folder: Path) -> None:
    async with running_bot(folder) as bot:
        room = await bot.room("xylophone and zanzibar")
        for role, text in zip(("customer", "analyst", "customer"), SAID, strict=True):
            assert (await bot.say(room, role, text))[0] < 300
            await asyncio.sleep(1)
        await bot.outcomes(room, 2)
        assert (await bot.post(f"/api/sessions/{room}/close", {"author": "ann", "role": "analyst"}))[0] < 300
        await asyncio.sleep(2)
        logged = bot.log.read_text("utf-8")
        assert any(entry.get("event") == "turn_ended" and room in entry["session"] for entry in printed(bot))
        assert [word for word in TELLTALES if word in logged] == []
