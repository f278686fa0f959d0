"""What became of one replayed dialogue, as it is kept between the legs of a backtest and shown in its report."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PlayedTurn:
    """One turn of a replayed dialogue: what the bot would have said, and what the analysts did say."""

    asked: str
    """The customer's own words."""
    question: str
    outcome: str
    reason: str
    answer: str
    """Without citations; also of answers that were not posted."""
    sources: tuple[str, ...]
    """Titles of what it cites."""
    timings: Mapping[str, float]
    """Milliseconds by step."""
    at: float | None
    """When it was asked, in seconds since the epoch; None where the file does not tell."""
    human: str
    """What the analysts then said of substance; empty when nothing."""
    human_after: float | None
    """Seconds until they did."""
    agreement: float | None
    """How much an answer of the bot agrees with that, 0 to 1; None without either."""
    agrees: bool | None
    earlier: tuple[float, ...] = ()
    """Likeness of its answer to each one proposed before it in the session: for the θ sweep."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the model calls of a session came to."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Played:
    """One session. `leg` is that of the backtest which played it."""

    case_id: str
    leg: int
    messages: int
    began: float | None
    turns: tuple[PlayedTurn, ...]
    cost: Cost = Cost()

    @property
    def answered(self) -> int:
        return sum(turn.outcome == "answered" for turn in self.turns)

    @property
    def asked(self) -> int:
        """Turns that asked something within scope, whatever became of them."""
        return sum(turn.outcome not in NOT_ASKED for turn in self.turns)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Played:
        """Raises TypeError or KeyError when it is none."""
        turns = tuple(
            PlayedTurn(**{**turn, "sources": tuple(turn["sources"]), "earlier": tuple(turn["earlier"])})
            for turn in kept["turns"]
        )
        return cls(**{**kept, "turns": turns, "cost": Cost(**kept["cost"])})


NOT_ASKED = frozenset({"no_assistance", "out_of_scope"})
