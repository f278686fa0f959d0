"""The destruction program in its short form; `make chaos` is the long one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.chaos import ledger
from benchmarks.chaos.people import Conversation
from benchmarks.chaos.storm import Storm

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 30.0


@pytest.mark.timeout(400)  # a slow machine starts the bot slowly, a dozen times
async def test_what_is_killed_again_and_again_loses_nothing_and_says_nothing_twice(documented: Path) -> None:
    storm = Storm("vigilbot", kills=12, seconds=SECONDS, seed=7, documented=documented)
    account = await storm.rage()
    assert storm.deaths.total() >= 5
    assert account.questions >= storm.deaths.total()
    assert account.posts > 0
    assert (account.lost, account.doubled, storm.trouble) == ([], [], [])


@pytest.mark.timeout(400)
async def test_the_same_program_shows_what_a_naive_bot_loses_and_says_twice() -> None:
    """Or the other test would prove nothing."""
    storm = Storm("naive", kills=8, seconds=SECONDS, seed=7, faults=False)
    account = await storm.rage()
    assert account.lost
    assert account.doubled


def test_the_account_of_the_peer_counts_each_question() -> None:
    thread = Conversation("C", "1.0", said=["1.0", "2.0"], questions=["2.0"])
    shown = [{"text": "Answer to 1.0"}, {"text": "Answer to 1.0"}, {"text": "hello"}]
    account = ledger.naive([thread], shown)
    assert (account.lost, account.doubled) == (["question 2.0"], ["question 1.0: 2 answers"])
