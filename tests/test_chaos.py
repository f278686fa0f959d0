"""The destruction program in its short form; `make chaos` is the long one."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.chaos import ledger
from benchmarks.chaos.people import Conversation
from benchmarks.chaos.storm import Storm
from tests.standins.process import free_port

KILLS = 12
SECONDS = 300.0
"""So long that it is the number of kills that ends it, on any machine."""


@pytest.mark.timeout(400)  # a slow machine starts the bot slowly, a dozen times
async def test_what_is_killed_again_and_again_loses_nothing_and_says_nothing_twice(documented: Path) -> None:
    storm = Storm("vigilbot", kills=KILLS, seconds=SECONDS, seed=7, documented=documented)
    account = await storm.rage()
    assert storm.deaths.total() == KILLS
    assert account.questions >= storm.deaths.total()
    assert account.posts > 0
    assert (account.lost, account.doubled, storm.trouble) == ([], [], [])


@pytest.mark.timeout(400)
async def test_the_same_program_shows_what_a_naive_bot_loses_and_says_twice() -> None:
    """Or the other test would prove nothing."""
    storm = Storm("naive", kills=KILLS, seconds=SECONDS, seed=7, faults=False)
    account = await storm.rage()
    assert account.lost
    assert account.doubled


def test_the_account_of_the_peer_counts_each_question() -> None:
    thread = Conversation("C", "1.0", said=["1.0", "2.0"], questions=["2.0"])
    shown = [{"text": "Answer to 1.0"}, {"text": "Answer to 1.0"}, {"text": "hello"}]
    account = ledger.naive([thread], shown)
    assert (account.lost, account.doubled) == (["question 2.0"], ["question 1.0: 2 answers"])


ORPHANS_TO_BE = """
import asyncio, signal, sys
from benchmarks.chaos.victim import victim

async def main():
    async with victim("naive", {"CHAOS_LOG": sys.argv[1], "VIGIL_PORT": sys.argv[2]} | dict.fromkeys(
        ["SLACK_BOT_TOKEN", "SLACK_API_URL", "SLACK_SIGNING_SECRET"], "http://127.0.0.1:9/")) as killed:
        life = await killed.born()
        assert await killed.opens(life)
        print(life.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_when_the_program_itself_is_killed_no_bot_of_its_stays_behind(tmp_path: Path) -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ORPHANS_TO_BE, str(tmp_path / "log"), str(free_port())),
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout
    bot = int(await asyncio.wait_for(program.stdout.readline(), 60))
    program.kill()
    await program.wait()
    for _ in range(200):
        if not alive(bot):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"process {bot} is still there")


def alive(pid: int) -> bool:
    """A zombie that nobody has collected yet is dead."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    return False
