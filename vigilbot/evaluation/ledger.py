"""What a backtest has done so far, line by line on disk: a killed one goes on where it stopped."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vigilbot.errors import EvaluationError
from vigilbot.evaluation.played import Played

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.evaluation.played import Cost


@dataclass
class Ledger:
    """Raises EvaluationError when its file cannot be written."""

    path: Path
    leg: int = 1
    """Which start of this backtest this is."""
    played: dict[str, Played] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """Read what is there, and begin a leg. A last line that was cut off by the kill counts as not written."""
        ledger = cls(path)
        if path.exists():
            text = path.read_text(encoding="utf-8", errors="replace")
            for line in text.splitlines():
                ledger._take(line)
            if text and not text.endswith("\n"):
                ledger._write("\n")
        ledger._note({"leg": ledger.leg})
        return ledger

    def add(self, played: Played) -> None:
        self.played[played.case_id] = played
        self._note({"played": played.as_json()})

    def close(self, case_id: str) -> None:
        """What this session teaches has been learnt."""
        self.closed.add(case_id)
        self._note({"closed": case_id})

    def _take(self, line: str) -> None:
        try:
            match json.loads(line):
                case {"leg": int(leg)}:
                    self.leg = leg + 1
                case {"played": dict(kept)}:
                    played = Played.from_json(kept)
                    self.played[played.case_id] = played
                case {"closed": str(case_id)}:
                    self.closed.add(case_id)
        except (ValueError, TypeError, KeyError):
            return

    def _note(self, what: dict[str, Any]) -> None:
        self._write(json.dumps(what, ensure_ascii=True) + "\n")

    def _write(self, text: str) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as lines:
                lines.write(text)
        except OSError as error:
            raise EvaluationError(f"{self.path}: cannot be written ({error.strerror})") from None


def total(costs: list[Cost]) -> dict[str, float]:
    return {
        "calls": sum(cost.calls for cost in costs),
        "tokens": sum(cost.tokens for cost in costs),
        "usd": round(sum(cost.usd for cost in costs), 4),
    }
