"""Models trained from what analysts said, and who switched which of them on or off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

ModelKind = Literal["retriever", "reranker"]


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """One training and what came of it. Versions count over both kinds."""

    version: int
    kind: ModelKind
    embedder: str
    """Whose vectors it was trained on: it serves no other."""
    reranker: str
    """Whose judgements it weighs; empty for a retriever."""
    seed: int
    questions: int
    marks: int
    figures: Mapping[str, float]
    """Held back: `ndcg_before`, `ndcg_after`, `gain`, `gain_low`, `gain_high`; `golden_…` when there was such a set."""
    offered: bool
    """Whether the gate found it better."""
    reason: str
    """Why it is offered, or not, in one sentence."""
    sha256: str
    """Of its file."""
    trained_by: str
    trained_at: float

    @property
    def name(self) -> str:
        return f"{self.kind} {self.version}"


@dataclass(frozen=True, slots=True)
class Switch:
    """From then on this version of its kind is in use; None: as it comes, untuned."""

    kind: ModelKind
    version: int | None
    switched_by: str
    why: str
    switched_at: float
