"""A circuit breaker: a model that keeps failing is left alone for a while, then tried by one call, then trusted again.

After M. Nygard, "Release It!", chapter "Stability Patterns". It stands around the one retry loop, not inside it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import structlog

from vigilbot.errors import ModelRejected, ModelUnavailable, ReasonerError
from vigilbot.reasoning.prompted.faults import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vigilbot.runtime.clock import Clock

log = structlog.get_logger(__name__)

CircuitState = Literal["closed", "open", "half_open"]

OPENS_AFTER = 3
"""Failed calls in a row, each with all its tries."""
PAUSE_SECONDS = 15.0
"""How long a model is left alone before one call tries it again."""


class CircuitOpen(ModelUnavailable):
    """The model was not asked, since it has just failed several times in a row."""


@dataclass(frozen=True, slots=True)
class ModelState:
    """How one model fares. `failures` are those in a row, `since` (epoch seconds) when the circuit opened, if it did.

    `last_error` is one line for a person; empty while all is well.
    """

    model: str
    state: CircuitState
    failures: int
    since: float | None
    last_error: str


class Breaker:
    """The circuit breaker of one model: closed → open after several failures in a row → half open → closed."""

    def __init__(self, model: str, clock: Clock) -> None:
        self._model = model
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._pause_from = 0.0
        self._probing = False
        self._last_error = ""

    @property
    def state(self) -> ModelState:
        return ModelState(self._model, self._circuit, self._failures, self._opened_at, self._last_error)

    @property
    def admits(self) -> bool:
        """Whether the model may be asked just now."""
        return self._circuit == "closed" or (self._circuit == "half_open" and not self._probing)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Around one call: its end is counted. Raises CircuitOpen instead of beginning when the model is left alone.

        An unreadable reply, or a refusal of this one request, says nothing against the model's being there.
        """
        if not self.admits:
            raise CircuitOpen(f"{self._model} is not asked for now, it keeps failing: {self._last_error}")
        probing = self._probing = self._circuit == "half_open"
        try:
            yield
        except Exception as error:
            if _blames_the_model(error):
                self._failed(str(error) or "no answer in time")
            elif isinstance(error, ReasonerError):
                self._succeeded()
            raise
        else:
            self._succeeded()
        finally:
            self._probing = self._probing and not probing

    @property
    def _circuit(self) -> CircuitState:
        if self._opened_at is None:
            return "closed"
        return "half_open" if self._clock.steady() >= self._pause_from + PAUSE_SECONDS else "open"

    def _failed(self, error: str) -> None:
        self._failures += 1
        self._last_error = error
        if self._opened_at is None and self._failures >= OPENS_AFTER:
            self._opened_at = self._clock.now()
            log.warning("model_left_alone", model=self._model, failures=self._failures, error=error)
        self._pause_from = self._clock.steady()  # a clock that is set back must not keep the model alone

    def _succeeded(self) -> None:
        if self._opened_at is not None:
            out_for = round(self._clock.now() - self._opened_at, 1)
            log.info("model_recovered", model=self._model, out_for_seconds=out_for)
        self._failures, self._opened_at, self._last_error = 0, None, ""


def _blames_the_model(error: Exception) -> bool:
    if isinstance(error, RequestRefused):
        return False
    return isinstance(error, (ModelUnavailable, ModelRejected, TimeoutError))
