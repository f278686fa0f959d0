"""What an analyst is asked about a turn, and what waits for them: read from the tables, nothing is decided here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.chat.analysts import Form, Home, Offer, Passage
from vigilbot.models import Adoption, Relevance
from vigilbot.storage import annotations as stored
from vigilbot.storage import gaps, requests, sessions, suggestions, turns

if TYPE_CHECKING:
    from vigilbot.annotations.comparing import Comparing
    from vigilbot.models import Annotation, DeliveryMode, Reference, Turn
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database

CITATION = re.compile(r"(?<!\s)\s*+<(?:doc|tool)_\d+>")
EXCERPT_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Forms:
    """Reads what an analyst is to be shown: a suggestion, the questions about a turn, the App Home."""

    db: Database
    clock: Clock
    comparing: Comparing
    delivery: DeliveryMode

    async def offer(self, suggestion_id: str, analyst: str) -> Offer:
        """Raises NotFound."""
        suggestion = await suggestions.get(self.db, suggestion_id)
        turn = await turns.get(self.db, suggestion.turn_id)
        return Offer(
            session=await sessions.get(self.db, suggestion.session_id),
            suggestion=suggestion,
            question=turn.question.text if turn.question else "",
            asked=await requests.was_asked(self.db, turn.id, analyst),
        )

    async def form(self, turn_id: str, analyst: str) -> Form:
        """Raises NotFound."""
        turn = await turns.get(self.db, turn_id)
        said = [each for each in await stored.of_turns(self.db, [turn_id]) if each.analyst == analyst]
        pair = await self.comparing.pair(turn)
        return Form(
            session=await sessions.get(self.db, turn.session_id),
            turn_id=turn.id,
            question=turn.question.text if turn.question else "",
            answer=_shown(turn.answer.text) if turn.answer and turn.outcome == "answered" else "",
            passages=_passages(turn, said),
            candidates=(_shown(pair[0].text), _shown(pair[1].text)) if pair else None,
            asks_use=turn.outcome == "answered" and not any(isinstance(each.statement, Adoption) for each in said),
            shown_at=self.clock.now(),
        )

    async def home(self, analyst: str) -> Home:
        waiting = await suggestions.open_for(self.db, analyst)
        return Home(
            offers=tuple([await self.offer(suggestion.id, analyst) for suggestion in waiting]),
            gaps=tuple(await gaps.listed(self.db, "open")),
            deliveries={chosen.audience: chosen.mode for chosen in (await suggestions.choices(self.db)).values()},
            default=self.delivery,
            snoozed_until=await requests.snoozed(self.db, analyst),
        )


def _passages(turn: Turn, said: list[Annotation]) -> tuple[Passage, ...]:
    judged = [each.statement for each in said if isinstance(each.statement, Relevance)]
    grades = {each.number: each.grade for statement in judged for each in statement.references}
    return tuple(
        Passage(number, _title(reference), _excerpt(reference), grades.get(number))
        for number, reference in enumerate(turn.references, start=1)
    )


def _title(reference: Reference) -> str:
    return reference.title or reference.question or reference.source


def _excerpt(reference: Reference) -> str:
    text = " ".join(reference.text.split())
    return text if len(text) <= EXCERPT_CHARACTERS else text[:EXCERPT_CHARACTERS].rstrip() + "…"


def _shown(text: str) -> str:
    return CITATION.sub("", text).strip()
