"""How good an answer is beside the right one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["correct", "partly", "wrong", "refused"]


@dataclass(frozen=True, slots=True)
class Grading:
    """`grade` None: undecided, so it counts neither way."""

    grade: Grade | None
    reason: str
    """In one sentence a person can read."""
