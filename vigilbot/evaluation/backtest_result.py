"""A backtest that has ended: its figures, and every session as it was played."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vigilbot.evaluation.played import Played
    from vigilbot.evaluation.summary import Summary


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """What one backtest came to; the report and `--json` are made of it."""

    history: str
    """Name of the file that was replayed."""
    learning: bool
    reasoner: str
    scope: str
    threshold: float
    """θ from which an answer counts as already given."""
    played: tuple[Played, ...]
    """In the order in which they were played."""
    summary: Summary
    skipped: dict[str, int]
    """What of the history was left out, by the reason."""
    resumed: int
    """Sessions that a former, stopped start had played."""
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The keys that `vigilbot backtest --json` prints; seconds and milliseconds as named."""
        fresh = sum(session.messages for session in self.played[self.resumed :])
        return {
            **self.summary.as_json(),
            "reasoner": self.reasoner,
            "learning": self.learning,
            "skipped": self.skipped,
            "resumed": self.resumed,
            "seconds": round(self.seconds, 1),
            "messages_per_second": round(fresh / self.seconds, 1) if self.seconds else 0.0,
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        }
