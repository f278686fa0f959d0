"""What Prometheus is told: numbers with labels from short, fixed lists, and never a word that anybody wrote.

Names and units follow prometheus.io/docs/practices/naming.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.models import ModelCall, Turn

CONTENT_TYPE = CONTENT_TYPE_LATEST
STEP_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 120)
LAG_SHARES = (0.5, 0.99, 1.0)
CIRCUITS = {"closed": 0, "half_open": 1, "open": 2}


class Metrics:
    """A registry of its own, so that several bots in one process (tests) count apart."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._turns = Counter("vigilbot_turns", "Turns that have ended", ["outcome"], registry=registry)
        self._steps = Histogram(
            "vigilbot_step_seconds", "Time of each step of a turn", ["step"], buckets=STEP_BUCKETS, registry=registry
        )
        self._calls = Histogram(
            "vigilbot_model_call_seconds",
            "Time of model calls",
            ["task", "model", "result"],
            buckets=STEP_BUCKETS,
            registry=registry,
        )
        self._tokens = Counter("vigilbot_model_tokens", "Tokens used", ["model", "direction"], registry=registry)
        self._cost = Counter("vigilbot_model_cost_usd", "Cost of model calls", ["model"], registry=registry)
        self._queues = Gauge("vigilbot_queue_depth", "What waits to be done", ["queue"], registry=registry)
        self._oldest = Gauge("vigilbot_queue_oldest_seconds", "Age of the oldest", ["queue"], registry=registry)
        self._lag = Gauge("vigilbot_loop_lag_seconds", "Event-loop lag, last minute", ["quantile"], registry=registry)
        self._circuits = Gauge(
            "vigilbot_model_circuit", "0 closed, 1 half open, 2 open: left alone", ["model"], registry=registry
        )
        self._faults = Gauge("vigilbot_fault", "1 while this part is not well", ["part"], registry=registry)
        self._ready = Gauge("vigilbot_ready", "1 while customers can be answered", registry=registry)

    def turn_ended(self, turn: Turn) -> None:
        self._turns.labels(turn.outcome).inc()
        for step, milliseconds in turn.timings.items():
            self._steps.labels(step).observe(milliseconds / 1000)

    def model_called(self, call: ModelCall) -> None:
        result = "error" if call.error else "ok"
        self._calls.labels(call.task, call.model, result).observe(call.duration_ms / 1000)
        self._tokens.labels(call.model, "prompt").inc(call.prompt_tokens)
        self._tokens.labels(call.model, "completion").inc(call.completion_tokens)
        self._cost.labels(call.model).inc(call.cost_usd)

    def queue_is(self, name: str, depth: int, oldest_seconds: float) -> None:
        self._queues.labels(name).set(depth)
        self._oldest.labels(name).set(oldest_seconds)

    def lag_is(self, share: float, milliseconds: float) -> None:
        self._lag.labels(f"{share:g}").set(milliseconds / 1000)

    def circuit_is(self, model: str, state: str) -> None:
        self._circuits.labels(model).set(CIRCUITS[state])

    def health_is(self, faults: Mapping[str, str], *, ready: bool) -> None:
        """`faults` has every part by name; its text is empty while the part is well."""
        self._ready.set(ready)
        for part, fault in faults.items():
            self._faults.labels(part).set(bool(fault))

    def text(self) -> bytes:
        """In Prometheus's text format (CONTENT_TYPE)."""
        return generate_latest(self._registry)
