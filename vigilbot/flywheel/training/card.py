"""The model card beside a trained model's file: what it is, what it learnt from, how it did (Mitchell et al., 2019)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigilbot.flywheel.training.examples import Examples
    from vigilbot.models import TrainedModel

WHAT = {
    "retriever": (
        "A residual map of low rank on the vectors of questions. Entries keep their vectors, so switching it on or off "
        "embeds nothing anew."
    ),
    "reranker": "Four weights for the second look: cosine, words, the reranker's judgement, kinship with the leaders.",
}


def model_card(model: TrainedModel, examples: Examples) -> str:
    """Markdown."""
    when = datetime.fromtimestamp(model.trained_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    sessions = len({one.session_id for one in examples.rows})
    left_out = [f"- left out: {count:,} {why}" for why, count in examples.left_out.items()]
    lines = [
        f"# {model.kind.capitalize()} {model.version}",
        "",
        WHAT[model.kind],
        "",
        f"- trained {when} by {model.trained_by}, seed {model.seed}: the same data and seed make the same model",
        f"- for the embedder {model.embedder}" + (f", with the reranker {model.reranker}" if model.reranker else ""),
        f"- learnt from {model.questions:,} questions of {sessions:,} sessions, {model.marks:,} marks",
        *left_out,
        f"- {'offered' if model.offered else 'not offered'}: {model.reason}",
        "",
        "| figure | value |",
        "|---|---|",
        *(f"| {name} | {value:g} |" for name, value in model.figures.items()),
        "",
        "Questions were judged by models that had not seen their session; only entries that somebody judged count.",
        "It knows what analysts of this installation marked, with their errors, and nothing of other subjects.",
    ]
    return "\n".join(lines) + "\n"
