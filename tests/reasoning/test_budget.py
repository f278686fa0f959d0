"""A turn's time: shared by its steps, counted anew when the turn runs again."""

from __future__ import annotations

import asyncio
import time

import pytest

from vigilbot.reasoning.budget import UNDERSTANDING_SHARE, LatencyBudget
from vigilbot.reasoning.deadline import seconds_left, within


def test_identify_and_rewrite_share_one_deadline_and_leave_time_to_answer() -> None:
    budget, before = LatencyBudget(8.0), time.monotonic()
    identify, rewrite, answer = (budget.deadline("t", task) for task in ("identify", "rewrite", "answer"))
    after = time.monotonic()
    assert before + 7.0 * UNDERSTANDING_SHARE <= identify == rewrite <= after + 7.0 * UNDERSTANDING_SHARE
    assert before + 7.0 <= answer <= after + 7.0


def test_something_is_kept_even_of_a_small_budget() -> None:
    budget, before = LatencyBudget(0.4), time.monotonic()
    assert before + 0.3 <= budget.deadline("t", "answer") <= time.monotonic() + 0.3


async def test_a_turn_that_runs_again_has_its_time_again() -> None:
    budget = LatencyBudget(8.0)
    first = budget.deadline("t", "identify")
    await asyncio.sleep(0.05)
    assert budget.deadline("t", "rewrite") == first
    again = budget.deadline("t", "rewrite")
    assert again >= first + 0.05
    assert budget.deadline("t", "identify") == again


async def test_turns_do_not_share() -> None:
    budget = LatencyBudget(8.0)
    first = budget.deadline("a", "identify")
    await asyncio.sleep(0.05)
    assert budget.deadline("b", "identify") >= first + 0.05
    assert budget.deadline("a", "rewrite") == first


async def test_patience_is_known_to_whoever_is_asked_and_to_the_tasks_it_starts() -> None:
    async def asked() -> float:
        return seconds_left()

    assert seconds_left() == float("inf")
    began = time.monotonic()
    async with within(5.0):
        left = await asyncio.create_task(asked())
        assert 5.0 - (time.monotonic() - began) <= left <= 5.0
        async with within(60.0):
            left = seconds_left()
            assert 5.0 - (time.monotonic() - began) <= left <= 5.0
    assert seconds_left() == float("inf")


async def test_whoever_does_not_keep_to_it_is_cut_off() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with within(0.1):
            await asyncio.sleep(5)
    assert time.monotonic() - began < 4.0
