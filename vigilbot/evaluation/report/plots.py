"""Where the marks of a plot stand. The page's template draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 460.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 56.0, 14.0, 32.0
GAP = 0.3
"""Of a bar's room, left empty."""
MOST_NAMES = 5
"""Names under the horizontal axis, so that they fit on a phone."""


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    name: str


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    title: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """Coordinates within WIDTH by HEIGHT. `left` and `right` are the ticks of the two vertical axes."""

    bottom: tuple[Tick, ...]
    left: tuple[Tick, ...]
    right: tuple[Tick, ...] = ()
    bars: tuple[tuple[Bar, ...], ...] = ()
    """Series of bars, the later before the earlier."""
    line: str = ""
    """Points of a polyline."""
    dots: tuple[Dot, ...] = ()
    width: float = WIDTH
    height: float = HEIGHT
    plot_left: float = LEFT
    plot_right: float = WIDTH - RIGHT
    plot_bottom: float = HEIGHT - BOTTOM


def bars_with_line(
    names: Sequence[str], series: Sequence[Sequence[int]], shares: Sequence[float], titles: Sequence[str]
) -> Plot:
    """Counts as bars over one another, on the left axis; shares from 0 to 1 as a line, on the right one."""
    top = rounded_up(max((count for counts in series for count in counts), default=1))
    room = (WIDTH - LEFT - RIGHT) / max(1, len(names))
    middle = [LEFT + room * (number + 0.5) for number in range(len(names))]
    drawn = tuple(
        tuple(
            _bar(x - room * (1 - GAP) / 2, room * (1 - GAP), count / top, title)
            for x, count, title in zip(middle, counts, titles, strict=True)
        )
        for counts in series
    )
    points = [(x, _height(share)) for x, share in zip(middle, shares, strict=True)]
    return Plot(
        bottom=_names(names, middle),
        left=_counts(top),
        right=_percents(),
        bars=drawn,
        line=_polyline(points),
        dots=tuple(Dot(x, y, title) for (x, y), title in zip(points, titles, strict=True)),
    )


def curve(
    points: Sequence[tuple[float, float]],
    titles: Sequence[str],
    marked: int,
    across: tuple[float, float],
    *,
    top: float | None = None,
) -> Plot:
    """A line through (x, y) from 0 up to `top`; without it y are shares. One point is marked: where the bot works."""
    low, high = across
    spread = (high - low) or 1.0
    placed = [(LEFT + (x - low) / spread * (WIDTH - LEFT - RIGHT), _height(y / (top or 1.0))) for x, y in points]
    steps = [low + spread * step / 4 for step in range(5)]
    return Plot(
        bottom=tuple(Tick(LEFT + (x - low) / spread * (WIDTH - LEFT - RIGHT), f"{x:.2g}") for x in steps),
        left=_counts(int(top)) if top else _percents(),
        line=_polyline(placed),
        dots=tuple(
            Dot(x, y, title, marked=number == marked)
            for number, ((x, y), title) in enumerate(zip(placed, titles, strict=True))
        ),
    )


def rounded_up(count: int) -> int:
    """To a number whose quarters look well on an axis."""
    step = 4
    while step < count:
        step = step * 2 if str(step)[0] in "48" else step * 5 // 4
    return step


def _bar(x: float, width: float, share: float, title: str) -> Bar:
    y = _height(share)
    return Bar(round(x, 1), y, round(width, 1), round(HEIGHT - BOTTOM - y, 1), title)


def _height(share: float) -> float:
    return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)


def _polyline(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _names(names: Sequence[str], middle: Sequence[float]) -> tuple[Tick, ...]:
    every = max(1, -(-len(names) // MOST_NAMES))
    return tuple(Tick(middle[number], names[number]) for number in range(0, len(names), every))


def _counts(top: int) -> tuple[Tick, ...]:
    return tuple(Tick(_height(part / 4), f"{top * part / 4:,.0f}") for part in range(5))


def _percents() -> tuple[Tick, ...]:
    return tuple(Tick(_height(part / 4), f"{25 * part} %") for part in range(5))
