"""The threads of one channel, put together in bounded memory: a thread's replies lie in many day files."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vigilbot.chat.base import Place
from vigilbot.learning.history.records import MOST_LINES, Left, Thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vigilbot.learning.history.records import Line

QUIET_SECONDS = 30 * 86_400.0
"""A thread without a message for so long is over; what is written later is learnt from as its continuation."""
MOST_HELD = 50_000
"""Messages in memory; beyond that, the threads that have been quiet longest are taken as over."""


@dataclass(slots=True)
class _Held:
    lines: dict[str, Line] = field(default_factory=dict)
    latest: float = 0.0
    overlong: int = 0


class Gathering:
    """Collects each thread's messages until no further reply is to be expected."""

    def __init__(self, platform: str, channel: str) -> None:
        self._platform = platform
        self._channel = channel
        self._threads: OrderedDict[str, _Held] = OrderedDict()
        self._held = 0

    def add(self, root: str, line: Line) -> None:
        """A message of the thread that the message `root` began; the same message again counts once."""
        held = self._threads.setdefault(root, _Held())
        held.latest = max(held.latest, line.posted_at)
        self._threads.move_to_end(root)
        if len(held.lines) >= MOST_LINES and line.id not in held.lines:
            held.overlong += 1
            return
        self._held += line.id not in held.lines
        held.lines[line.id] = line

    def remove(self, root: str, line_id: str) -> None:
        """A message that was deleted later."""
        if (held := self._threads.get(root)) and held.lines.pop(line_id, None):
            self._held -= 1

    def over(self, now: float) -> Iterator[Thread | Left]:
        """The threads that have ended by `now`, which are then forgotten."""
        while self._threads:
            root, held = next(iter(self._threads.items()))
            if held.latest >= now - QUIET_SECONDS and self._held <= MOST_HELD:
                return
            del self._threads[root]
            self._held -= len(held.lines)
            if held.lines:
                yield self._thread(root, held)

    def rest(self) -> Iterator[Thread | Left]:
        """What is left after the last day."""
        yield from self.over(float("inf"))

    def _thread(self, root: str, held: _Held) -> Thread | Left:
        if held.overlong:
            return Left(f"a thread of more than {MOST_LINES:,} messages", len(held.lines) + held.overlong)
        lines = sorted(held.lines.values(), key=lambda line: line.posted_at)
        return Thread(Place(self._platform, self._channel, root), tuple(lines), whole=root in held.lines)
