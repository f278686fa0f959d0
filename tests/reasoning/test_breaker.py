"""A model that keeps failing is left alone, tried by one call, trusted again."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from tests.fakes import JumpingClock
from vigilbot.errors import ModelRejected, ModelUnavailable, OutputUnreadable
from vigilbot.reasoning.breaker import OPENS_AFTER, PAUSE_SECONDS, Breaker, CircuitOpen
from vigilbot.reasoning.prompted.faults import RequestRefused
from vigilbot.runtime.clock import VirtualClock

DOWN = ModelUnavailable("VIGIL_MODEL=x: the endpoint fails")


def ends(breaker: Breaker, error: BaseException | None = None) -> None:
    """One call that ends so."""
    if error is None:
        with breaker.watched():
            return
    with pytest.raises(type(error)) as caught, breaker.watched():
        raise error
    assert caught.value is error


def opened(clock: VirtualClock) -> Breaker:
    breaker = Breaker("x", clock)
    for _ in range(OPENS_AFTER):
        ends(breaker, DOWN)
    return breaker


def later(clock: VirtualClock, seconds: float = PAUSE_SECONDS) -> None:
    clock.advance_to(clock.now() + seconds)


def test_it_opens_after_failures_in_a_row_and_says_why() -> None:
    breaker = Breaker("x", VirtualClock())
    for _ in range(OPENS_AFTER - 1):
        ends(breaker, DOWN)
    ends(breaker)
    assert breaker.state.failures == 0
    with capture_logs() as logs:
        for _ in range(OPENS_AFTER):
            assert breaker.admits
            ends(breaker, DOWN)
    assert (breaker.state.state, breaker.state.failures, breaker.state.last_error) == ("open", OPENS_AFTER, str(DOWN))
    assert [(log["event"], log["error"]) for log in logs] == [("model_left_alone", str(DOWN))]
    with pytest.raises(CircuitOpen, match="the endpoint fails"), breaker.watched():
        raise AssertionError("nothing is asked while it is open")


def test_one_call_tries_it_again_and_closes_it() -> None:
    clock = VirtualClock()
    breaker = opened(clock)
    since = breaker.state.since
    later(clock, PAUSE_SECONDS - 1)
    assert not breaker.admits
    later(clock, 1)
    assert breaker.state.state == "half_open"
    with capture_logs() as logs, breaker.watched():
        assert not breaker.admits
        with pytest.raises(CircuitOpen), breaker.watched():
            raise AssertionError("one call at a time")
    assert since is not None
    assert [(log["event"], log["out_for_seconds"]) for log in logs] == [("model_recovered", PAUSE_SECONDS)]
    assert (breaker.state.state, breaker.state.since, breaker.state.last_error) == ("closed", None, "")


@pytest.mark.parametrize("jump", [-3600.0, 3600.0], ids=["back", "forward"])
def test_a_clock_that_jumps_changes_the_pause_in_nothing(jump: float) -> None:
    clock = JumpingClock()
    breaker = opened(clock)
    clock.jumped = jump
    assert not breaker.admits
    clock.advance_to(clock.steady() + PAUSE_SECONDS)
    assert breaker.state.state == "half_open"


def test_a_failed_trial_begins_another_pause() -> None:
    clock = VirtualClock()
    breaker = opened(clock)
    later(clock)
    ends(breaker, DOWN)
    assert not breaker.admits
    later(clock)
    ends(breaker)
    assert breaker.state.state == "closed"


def test_a_cancelled_trial_decides_nothing() -> None:
    clock = VirtualClock()
    breaker = opened(clock)
    later(clock)
    ends(breaker, asyncio.CancelledError())
    assert breaker.state.state == "half_open"
    assert breaker.admits


def test_a_call_begun_before_may_close_it() -> None:
    breaker = Breaker("x", VirtualClock())
    with breaker.watched():
        for _ in range(OPENS_AFTER):
            ends(breaker, DOWN)
        assert breaker.state.state == "open"
    assert (breaker.state.failures, breaker.state.since) == (0, None)


@pytest.mark.parametrize("error", [OutputUnreadable("no JSON"), RequestRefused("content filter")])
def test_what_is_wrong_with_one_request_says_nothing_of_the_model(error: Exception) -> None:
    breaker = Breaker("x", VirtualClock())
    for _ in range(OPENS_AFTER + 1):
        ends(breaker, error)
    assert breaker.state.state == "closed"


@pytest.mark.parametrize("error", [DOWN, ModelRejected("wrong key"), TimeoutError()])
def test_what_would_fail_every_request_opens_it(error: Exception) -> None:
    breaker = Breaker("x", VirtualClock())
    for _ in range(OPENS_AFTER):
        ends(breaker, error)
    assert breaker.state.state == "open"
    assert breaker.state.last_error
