"""What thinking costs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One request to a language model, kept even when its output could not be read."""

    turn_id: str
    task: str
    model: str
    started_at: float
    duration_ms: float
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    error: str = ""
    output: str = ""
