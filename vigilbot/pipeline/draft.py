"""What the steps pass on: the turn as known so far, and what it was made from."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.models import Dialogue, Outcome, Turn


class Stopwatch:
    """Milliseconds by step; steps may overlap."""

    def __init__(self) -> None:
        self.timings: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.timings[name] = round((time.perf_counter() - started) * 1000, 1)


@dataclass(frozen=True, slots=True)
class Draft:
    """A turn on its way through the pipeline. Steps return a new draft, or one that has ended."""

    turn: Turn
    dialogue: Dialogue
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    vector: NDArray[np.float32] | None = None
    """The answer's embedding, shape (dimensions,); set by dedup, kept with the card."""

    def end(self, outcome: Outcome, reason: str) -> Self:
        """Set the outcome: no later step runs."""
        return replace(self, turn=replace(self.turn, outcome=outcome, reason=reason))

    @property
    def ended(self) -> bool:
        return self.turn.outcome is not None
