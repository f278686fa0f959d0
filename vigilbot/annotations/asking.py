"""Whom the bot asks about which turn: a sample, never more than a cap a day, and nobody who wants to be left alone.

Fatigue is the known failure of annotation in the flow of work, so all of it is optional.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.storage import requests

if TYPE_CHECKING:
    from collections.abc import Iterable

    import aiosqlite

SECONDS_A_DAY = 86_400.0
ASKED_ABOUT = frozenset({"answered", "refused"})
"""Outcomes of which an analyst can say something: what was found, or what was lacking."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Draws the turns that analysts are asked about, and keeps each analyst's day bearable."""

    share: float
    """Of the turns, 0 to 1."""
    cap: int
    """The most turns an analyst is asked about in 24 hours."""

    def chosen(self, turn_id: str) -> bool:
        """Whether a turn is in the sample: drawn by its id, so it is the same for everybody and after a restart."""
        digest = hashlib.blake2b(turn_id.encode(), digest_size=8).digest()
        return int.from_bytes(digest) < self.share * 2**64

    async def ask(self, tx: aiosqlite.Connection, turn_id: str, analysts: Iterable[str], now: float) -> list[str]:
        """Note whom of these analysts to ask about a turn, and return them; nobody when it is not in the sample."""
        if not self.chosen(turn_id):
            return []
        wanted = [analyst for analyst in analysts if await self._may_ask(tx, analyst, now)]
        for analyst in wanted:
            await requests.ask(tx, turn_id, analyst, now)
        return wanted

    async def _may_ask(self, tx: aiosqlite.Connection, analyst: str, now: float) -> bool:
        if await requests.snoozed_until(tx, analyst) > now:
            return False
        return await requests.asked(tx, analyst, now - SECONDS_A_DAY) < self.cap
