"""The time a turn's thinking may take, shared by its steps: what understanding uses is gone for answering."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigilbot.config import ReasonerTask

UNDERSTANDING_SHARE = 0.6
"""Identify and rewrite run side by side; of the answer's time this much at most is theirs."""
_RESERVE_SECONDS = 1.0
_RESERVE_SHARE = 0.25
"""Kept for what needs no model: search, the stand-in's answer, the comparison with earlier ones."""
_REMEMBERED = 256


@dataclass(slots=True)
class _Round:
    """One passage of a turn through identify, rewrite and answer. Times are monotonic seconds."""

    began: float
    begun: set[ReasonerTask] = field(default_factory=set)


class LatencyBudget:
    """Counts from the first step of a turn; a step that begins a second time begins a new round."""

    def __init__(self, seconds: float) -> None:
        self._thinking = seconds - min(_RESERVE_SECONDS, seconds * _RESERVE_SHARE)
        self._rounds: OrderedDict[str, _Round] = OrderedDict()

    def deadline(self, turn_id: str, task: ReasonerTask) -> float:
        """The moment (monotonic seconds) by which models have to be done with this step."""
        share = 1.0 if task == "answer" else UNDERSTANDING_SHARE
        return self._round(turn_id, task).began + self._thinking * share

    def _round(self, turn_id: str, task: ReasonerTask) -> _Round:
        current = self._rounds.get(turn_id)
        if current is None or task in current.begun:
            current = self._rounds[turn_id] = _Round(time.monotonic())
        current.begun.add(task)
        self._rounds.move_to_end(turn_id)
        while len(self._rounds) > _REMEMBERED:
            self._rounds.popitem(last=False)
        return current
