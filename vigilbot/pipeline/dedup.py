"""The same answer is not given twice in a session (Vigil, §3.1.3): only *sent* answers count, only this session's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vigilbot.pipeline.citations import without_citations
from vigilbot.storage import cards

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder
    from vigilbot.pipeline.draft import Draft
    from vigilbot.storage.database import Database

DEFAULT_THRESHOLD = 0.9
"""θ belongs to the embedding model: the paper's 0.7 to its own, this one to ours (`vigilbot eval dedup`)."""


async def dedup(draft: Draft, db: Database, embedder: Embedder, threshold: float) -> Draft:
    """Cosine of the new answer against the sent ones; the vector is kept for the card."""
    proposed = draft.turn.answer
    assert proposed is not None  # noqa: S101 - `answer` sets it or ends the turn
    with draft.stopwatch.step("dedup"):
        [vector] = await embedder.embed([without_citations(proposed.text)])
        _, sent = await cards.sent_answers(db, draft.turn.session_id)
    draft = replace(draft, vector=vector)
    likeness = float((sent @ vector).max()) if len(sent) else 0.0
    if likeness >= threshold:
        return draft.end("duplicate", f"this answer was already given in this session (similarity {likeness:.2f})")
    return draft
