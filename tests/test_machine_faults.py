"""The machine fails under the running bot: full disk, locked database, lost index, broken model."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.bot import Bot, running_bot
from vigilbot.storage.folder import DATABASE, INDEX

pytestmark = pytest.mark.disk

NOTICED_SECONDS = 5.0
"""Promised: /readyz says so within this time."""
QUESTION = "How do I change the port of the console?"
OTHER_QUESTION = "Which environment variable sets the data folder?"


async def check_notices(bot: Bot, part: str) -> str:
    await bot.until(lambda state: part in state["faults"], NOTICED_SECONDS)
    status, state = await bot.probe()
    assert (status, state["ready"]) == (503, False)
    return str(state["faults"][part])


async def check_heals(bot: Bot) -> None:
    assert await bot.until(lambda state: bool(state["ready"])) < 2 * NOTICED_SECONDS


def on_small_disk(folder: Path, megabytes: int) -> list[str]:
    """What to put before a command to give it a disk of its own; the test fills it through /proc/PID/root."""
    mount = f'mount -t tmpfs -o size={megabytes}m tmpfs "$0" && cp -r "$0.before/." "$0/" && exec "$@"'
    return ["unshare", "-rm", "sh", "-c", mount, str(folder)]


async def test_a_full_disk_loses_nothing_that_was_acknowledged(folder: Path) -> None:
    shutil.move(folder, f"{folder}.before")
    await asyncio.to_thread(folder.mkdir)
    async with running_bot(folder, prefix=on_small_disk(folder, 192)) as bot:
        rooms = [await bot.room() for _ in range(3)]
        disk = Path(f"/proc/{bot.process.pid}/root") / folder.relative_to("/")
        await asyncio.to_thread(fill, disk / "ballast")
        acknowledged = await say_until_refused(bot, rooms)
        assert "free some space" in await check_notices(bot, "database")
        (disk / "ballast").unlink()
        await check_heals(bot)
        for room in rooms:
            kept = [message["text"] for message in (await bot.view(room))["messages"] if message["role"] == "customer"]
            assert set(acknowledged[room]) <= set(kept)
            status, _ = await bot.say(room, "customer", QUESTION)
            assert status < 300
        await every_turn_ends(bot, rooms)


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as ballast:
        for size in (1 << 20, 4096):
            with suppress(OSError):
                while ballast.write(b"x" * size):
                    pass


async def say_until_refused(bot: Bot, rooms: list[str]) -> dict[str, list[str]]:
    """What was acknowledged in each room; at least one room has to be refused in the end, in one clear line."""
    acknowledged: dict[str, list[str]] = {room: [] for room in rooms}
    for number in range(300):
        room, text = rooms[number % len(rooms)], f"{number}: {OTHER_QUESTION} " + "x" * 4000
        status, answer = await bot.say(room, "customer", text)
        if status >= 300:
            assert status == 503, answer
            assert "free space" in answer["error"]
            return acknowledged
        acknowledged[room].append(text)
    raise AssertionError("the disk was never full")


async def every_turn_ends(bot: Bot, rooms: list[str]) -> None:
    deadline = time.monotonic() + 30
    for room in rooms:
        while not all(turn["outcome"] for turn in (await bot.view(room))["turns"]):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)


async def test_a_locked_database_delays_and_loses_nothing(folder: Path) -> None:
    async with running_bot(folder) as bot:
        room = await bot.room()
        with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            saying = asyncio.create_task(bot.say(room, "customer", QUESTION))
            assert "locked" in await check_notices(bot, "database")
            other.execute("ROLLBACK")
        await check_heals(bot)
        assert (await saying)[0] < 300
        assert await bot.outcomes(room, 1) == ["answered"]


async def test_a_lock_that_lasts_is_said_in_one_line_and_the_effect_follows(folder: Path) -> None:
    async with running_bot(folder) as bot:
        room = await bot.room()
        with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            status, answer = await bot.say(room, "customer", QUESTION)
            other.execute("ROLLBACK")
        assert status == 503
        assert "another process" in answer["error"]
        await check_heals(bot)
        assert (await bot.say(room, "customer", QUESTION))[0] < 300
        assert await bot.outcomes(room, 1) == ["answered"]


async def test_a_file_that_becomes_read_only_is_noticed_and_loses_nothing(folder: Path) -> None:
    async with running_bot(folder, prefix=held_to_permissions()) as bot:
        room = await bot.room()
        permit(folder, 0o444)
        assert "readonly" in await check_notices(bot, "database")
        acknowledged = [text for text in (QUESTION, OTHER_QUESTION) if (await bot.say(room, "customer", text))[0] < 300]
        permit(folder, 0o644)
        await check_heals(bot)
        assert (await bot.say(room, "customer", QUESTION))[0] < 300
        await every_turn_ends(bot, [room])
    async with running_bot(folder) as bot:
        kept = [message["text"] for message in (await bot.view(room))["messages"] if message["role"] == "customer"]
        assert kept == [*acknowledged, QUESTION]


def permit(folder: Path, mode: int) -> None:
    for file in folder.glob(f"{DATABASE}*"):
        file.chmod(mode)


def held_to_permissions() -> list[str]:
    """What to put before a command so that file permissions count for it, whoever runs the tests."""
    return ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] if os.geteuid() == 0 else []


@pytest.mark.parametrize("damage", ["deleted", "garbage"])
async def test_a_lost_index_is_made_anew(folder: Path, damage: str) -> None:
    async with running_bot(folder) as bot:
        room = await bot.room()
        await bot.say(room, "customer", QUESTION)
        assert await bot.outcomes(room, 1) == ["answered"]
        if damage == "deleted":
            shutil.rmtree(folder / INDEX)
            await check_notices(bot, "index")
        else:
            for file in (folder / INDEX).rglob("*"):
                if file.is_file():
                    file.write_bytes(os.urandom(max(4096, file.stat().st_size)))
        await asyncio.sleep(NOTICED_SECONDS)
        if bot.process.returncode is None:
            await check_heals(bot)
            await bot.say(room, "customer", OTHER_QUESTION)
            assert (await bot.outcomes(room, 2))[1] in {"answered", "refused"}
    async with running_bot(folder) as bot:
        room = await bot.room()
        await bot.say(room, "customer", QUESTION)
        assert await bot.outcomes(room, 1) == ["answered"]


async def test_a_broken_embedding_model_is_one_line_at_the_start(folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text('{"model_type": "bert"', "utf-8")
    (model / "model.safetensors").write_bytes(b"\0" * 64)
    async with running_bot(folder, ready=False, VIGIL_EMBEDDING_MODEL=str(model)) as bot:
        assert await asyncio.wait_for(bot.process.wait(), 60) != 0
        said = bot.log.read_text("utf-8")
        assert "VIGIL_EMBEDDING_MODEL" in said
        assert "Traceback" not in said
