"""Bursts: people ask in several messages, one after another, and are answered once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from vigilbot.models import Turn
    from vigilbot.runtime.activity import Activity
    from vigilbot.runtime.clock import Clock

LONGEST_BURST = 4
"""A burst ends after this many quiet windows even if the customer goes on typing: a late answer is worthless."""


class Burst:
    """The one under way in a session, if one is: which turn a customer's next message belongs to.

    `join` and `end` are to be called with the database ours to write, where the message is stored: a burst that ends
    from there on finds the message when its turn is concluded, and is answered anew.
    """

    def __init__(self, clock: Clock, activity: Activity, quiet_window: float) -> None:
        """`quiet_window`: seconds without a further message after which a burst is over."""
        self._clock = clock
        self._activity = activity
        self._quiet_window = quiet_window
        self._quiet_at = 0.0
        self.turn: Turn | None = None
        """What it becomes; None between two bursts."""

    def join(self, begin: Callable[[], Turn]) -> Turn | None:
        """Prolong the burst under way, or begin one; returns the new turn if it begins one."""
        self._quiet_at = self._clock.steady() + self._quiet_window
        if self.turn:
            return None
        self.turn = begin()
        return self.turn

    def end(self) -> None:
        """It was consecutive messages of customers: somebody else has spoken, or it could not be stored."""
        self.turn = None

    def limit(self) -> float:
        """When (on the steady clock) a burst that begins now ends, however fast people write."""
        return self._clock.steady() + LONGEST_BURST * self._quiet_window

    async def over(self, turn: Turn, limit: float) -> None:
        """Return when the burst of this turn is: after a quiet window, at its limit, or because somebody ended it."""
        while (wait := min(self._quiet_at, limit) - self._clock.steady()) > 0 and self.turn is turn:
            with self._activity.paused():
                await self._clock.sleep(wait)
        if self.turn is turn:
            self.turn = None
