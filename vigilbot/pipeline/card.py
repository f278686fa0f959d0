"""The answer as posted: `<doc_n>` becomes `[k]`, and every k is explained by a source."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from vigilbot.models import Card, Source
from vigilbot.pipeline.citations import cited_numbers, numbered

if TYPE_CHECKING:
    from vigilbot.models import Reference, Turn

EXCERPT_CHARACTERS = 600


def card_of(turn: Turn, created_at: float) -> Card:
    """Sources are numbered in the order in which the card cites them."""
    assert turn.answer is not None  # noqa: S101 - only answered turns become cards
    cited = list(dict.fromkeys(number for part in turn.answer.parts for number in cited_numbers(part.text)))
    numbers = {reference_number: place for place, reference_number in enumerate(cited, start=1)}
    return Card(
        id=uuid4().hex,
        session_id=turn.session_id,
        turn_id=turn.id,
        parts=tuple(replace(part, text=numbered(part.text, numbers)) for part in turn.answer.parts),
        sources=tuple(_source(place, turn.references[n - 1]) for n, place in numbers.items()),
        reasoner=turn.answer.reasoner,
        state="queued",
        created_at=created_at,
    )


def _source(number: int, reference: Reference) -> Source:
    text = reference.text
    return Source(
        number=number,
        entry_id=reference.entry_id,
        title=reference.title or reference.question or reference.source,
        url=reference.source if reference.source.startswith(("http://", "https://")) else "",
        excerpt=text if len(text) <= EXCERPT_CHARACTERS else text[:EXCERPT_CHARACTERS].rstrip() + "…",
    )
