"""The answer as posted: each citation becomes `[k]`, and every k is explained by a source."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from vigilbot.models import Card, Source
from vigilbot.pipeline.citations import cited, numbered

if TYPE_CHECKING:
    from vigilbot.models import Turn
    from vigilbot.pipeline.citations import Citation

EXCERPT_CHARACTERS = 600


def card_of(turn: Turn, created_at: float) -> Card:
    """Sources are numbered in the order in which the card cites them."""
    assert turn.answer is not None  # noqa: S101 - only answered turns become cards
    citations = dict.fromkeys(citation for part in turn.answer.parts for citation in cited(part.text))
    numbers = {citation: place for place, citation in enumerate(citations, start=1)}
    return Card(
        id=uuid4().hex,
        session_id=turn.session_id,
        turn_id=turn.id,
        parts=tuple(replace(part, text=numbered(part.text, numbers)) for part in turn.answer.parts),
        sources=tuple(_source(place, citation, turn) for citation, place in numbers.items()),
        reasoner=turn.answer.reasoner,
        state="queued",
        created_at=created_at,
    )


def _source(place: int, citation: Citation, turn: Turn) -> Source:
    if citation.kind == "tool":
        finding = turn.findings[citation.number - 1]
        return Source(place, "", f"Tool {finding.title}", "", _excerpt(finding.text))
    reference = turn.references[citation.number - 1]
    return Source(
        number=place,
        entry_id=reference.entry_id,
        title=reference.title or reference.question or reference.source,
        url=reference.source if reference.source.startswith(("http://", "https://")) else "",
        excerpt=_excerpt(reference.text),
    )


def _excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT_CHARACTERS else text[:EXCERPT_CHARACTERS].rstrip() + "…"
