"""`vigilbot export relevance`: question, passage and label, as trainers of retrievers and rerankers read them.

sentence-transformers takes every column but `label` for a text; choose them first:
`dataset.select_columns(["query", "passage", "label"])`.
https://sbert.net/docs/cross_encoder/training_overview.html#dataset-format
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from vigilbot.flywheel.exports.material import told
from vigilbot.flywheel.exports.writing import Kind, Row
from vigilbot.models import Relevance

if TYPE_CHECKING:
    from vigilbot.flywheel.exports.writing import Wanted
    from vigilbot.models import Reference
    from vigilbot.storage.database import Database

KIND = Kind(
    "relevance judgements",
    {
        "query": "The question as it was searched",
        "passage": "The passage that was found for it: title and text, or a pair's question and answer",
        "label": "1 relevant, 0.5 partly, 0 not: one of the first found, so a hard negative",
        "place": "Its place among the references, from 1",
        "entry_id": "Which entry it is",
    },
    {"relevant": 1.0, "partly": 0.5, "not_relevant": 0.0},
)


async def rows(db: Database, wanted: Wanted) -> tuple[list[Row], Counter[str]]:
    """One row for each reference that an analyst has judged, with the text that they saw."""
    found: list[Row] = []
    left_out: Counter[str] = Counter()
    async for one in told(db, wanted, "relevance", left_out):
        said = one.annotation.statement
        if not isinstance(said, Relevance) or one.turn.question is None:
            continue
        shown = {reference.entry_id: reference for reference in one.turn.references}
        for judged in said.references:
            if judged.entry_id not in shown:
                left_out["of references no longer stored"] += 1
                continue
            fields = {
                "query": one.turn.question.text,
                "passage": _text(shown[judged.entry_id]),
                "label": KIND.weights[judged.grade],
                "place": judged.number,
                "entry_id": judged.entry_id,
            }
            found.append(Row(one.turn.session_id, one.annotation.made_at, fields))
    return found, left_out


def _text(reference: Reference) -> str:
    return "\n".join(part for part in (reference.question or reference.title, reference.text) if part)
