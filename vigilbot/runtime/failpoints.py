"""Moments at which dying would hurt most, by name. Nobody listens, unless somebody tries what dying there does.

`python -m benchmarks chaos` listens, and kills the process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable

Point = Literal[
    "event received",  # nothing is stored yet
    "event stored",  # not acknowledged
    "effect stored",  # the message is in its session, its turn has not begun to run
    "turn decided",  # the outcome is known, nothing of it is stored
    "outcome stored",  # with card and order to deliver it
    "delivery begun",  # noted, Slack has not been called
    "delivery accepted",  # Slack has it, we have not recorded that
    "delivery recorded",
]
POINTS: tuple[Point, ...] = get_args(Point)

_listeners: list[Callable[[Point], None]] = []


def listen(listener: Callable[[Point], None]) -> None:
    """Have `listener` called at every point, for the rest of the process."""
    _listeners.append(listener)


def reached(point: Point) -> None:
    for listener in _listeners:
        listener(point)
