"""The same answer is not given twice in a session (Vigil, §3.1.3): only *sent* answers count, only this session's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vigilbot.embedding.likeness import likeness
from vigilbot.pipeline.citations import without_citations
from vigilbot.storage import cards

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder
    from vigilbot.pipeline.draft import Draft
    from vigilbot.storage.database import Database


async def dedup(draft: Draft, db: Database, embedder: Embedder, threshold: float) -> Draft:
    """The turn with its answer's vector; ended as a duplicate when an answer sent before is at least θ like it.

    `threshold` is θ, a cosine. Raises EmbeddingError.
    """
    proposed = draft.turn.answer
    assert proposed is not None  # noqa: S101 - `answer` sets it or ends the turn
    with draft.stopwatch.step("dedup"):
        text = without_citations(proposed.text)
        [vector] = await embedder.embed([text])
        sent = await cards.sent_answers(db, draft.turn.session_id)
        near, card_id = max(
            ((likeness(text, vector, said.text, said.vector), said.card_id) for said in sent), default=(0.0, "")
        )
    draft = replace(draft, vector=vector)
    if near < threshold:
        return draft
    draft = replace(draft, turn=replace(draft.turn, duplicate_of=card_id))
    return draft.end("duplicate", f"this answer was already given in this session (similarity {near:.2f})")
