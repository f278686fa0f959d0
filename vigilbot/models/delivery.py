"""How answers reach people: shown to all, to the session's analysts first, or to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from vigilbot.models.knowledge import Audience
    from vigilbot.models.turns import AnswerPart, Source

DeliveryMode = Literal["proactive", "suggest", "shadow"]
"""`proactive`: a card in the thread. `suggest`: only analysts see it, and may post it. `shadow`: stored, not shown."""

SuggestionState = Literal["open", "posted", "declined", "overtaken"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An answer that customers have not seen. Posted by an analyst, its text or theirs becomes a card."""

    id: str
    session_id: str
    turn_id: str
    parts: tuple[AnswerPart, ...]
    """With `[n]` as on a card; `sources` explain each n."""
    sources: tuple[Source, ...]
    reasoner: str
    mode: DeliveryMode
    """`suggest`, or `shadow`: then nobody is shown it, and it stays open for ever."""
    state: SuggestionState
    created_at: float
    decided_by: str | None = None
    decided_at: float | None = None
    card_id: str | None = None
    """The card it became."""

    @property
    def text(self) -> str:
        return "\n\n".join(part.text for part in self.parts if not part.refused)


@dataclass(frozen=True, slots=True)
class DeliveryChoice:
    """Who decided how answers for an audience are delivered, instead of VIGIL_DELIVERY."""

    audience: Audience
    mode: DeliveryMode
    chosen_by: str
    chosen_at: float
