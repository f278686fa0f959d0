"""How late the loop is, and what Prometheus hears of it all."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace

from vigilbot.models import ModelCall, Turn
from vigilbot.runtime.loop_lag import LoopLag
from vigilbot.runtime.metrics import Metrics

TURN = Turn("t1", "s1", ("m1",), 1_700_000_000.0)
SECRET = "my password is hunter2"  # noqa: S105  # what a customer might write


async def test_a_blocked_loop_shows_as_lag() -> None:
    loop_lag = LoopLag()
    assert loop_lag.quantile(1.0) == 0
    measuring = asyncio.create_task(loop_lag.measure())
    await asyncio.sleep(0.25)
    time.sleep(0.5)  # noqa: ASYNC251  # the fault that is looked for
    await asyncio.sleep(0.25)
    measuring.cancel()
    assert loop_lag.quantile(1.0) >= 350
    assert loop_lag.quantile(0.5) < 350


def test_turns_and_calls_are_counted_without_anybodys_words() -> None:
    metrics = Metrics()
    ended = replace(TURN, outcome="refused", reason=SECRET, timings={"identify": 520.0, "total": 1040.0})
    metrics.turn_ended(ended)
    metrics.turn_ended(replace(ended, outcome="answered"))
    metrics.model_called(ModelCall("t1", "answer", "openai/x", 1.0, 500.0, 120, 30, 0.002, "", SECRET))
    metrics.model_called(ModelCall("t1", "answer", "openai/x", 1.0, 900.0, error=SECRET))
    metrics.queue_is("inbox", 3, 1.5)
    metrics.circuit_is("openai/x", "open")
    metrics.health_is({"database": SECRET, "chat": ""}, ready=False)
    text = metrics.text().decode()
    for line in (
        'vigilbot_turns_total{outcome="refused"} 1.0',
        'vigilbot_turns_total{outcome="answered"} 1.0',
        'vigilbot_step_seconds_sum{step="total"} 2.08',
        'vigilbot_model_call_seconds_count{model="openai/x",result="error",task="answer"} 1.0',
        'vigilbot_model_tokens_total{direction="prompt",model="openai/x"} 120.0',
        'vigilbot_model_cost_usd_total{model="openai/x"} 0.002',
        'vigilbot_queue_depth{queue="inbox"} 3.0',
        'vigilbot_model_circuit{model="openai/x"} 2.0',
        'vigilbot_fault{part="database"} 1.0',
        'vigilbot_fault{part="chat"} 0.0',
        "vigilbot_ready 0.0",
    ):
        assert re.search(f"^{re.escape(line)}$", text, re.MULTILINE), line
    assert SECRET not in text


def test_two_bots_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.turn_ended(replace(TURN, outcome="answered"))
    assert 'outcome="answered"' not in second.text().decode()
