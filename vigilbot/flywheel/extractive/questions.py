"""Questions of the retrieval sets, as the reasoner rewrites them, and what answers each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.evaluation.cases import read_rows
from vigilbot.flywheel.extractive.turns import messages_of
from vigilbot.models import Dialogue
from vigilbot.reasoning.extractive.rewriting import rewritten

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.models import Question


def stand_alone_questions(folder: Path) -> dict[str, str]:
    """The rewritten question of each query with the context it leans on, by id."""
    return {id_: max((one.text, *one.variants), key=len) for id_, one in rewritten_questions(folder).items()}


def rewritten_questions(folder: Path) -> dict[str, Question]:
    """Each query as the reasoner rewrites it, by id."""
    questions = {}
    for row in read_rows(folder / "queries.jsonl"):
        said = row.get("user_turns") or [row["text"]]
        messages = messages_of([{"author": "customer", "role": "customer", "text": text} for text in said])
        questions[row["id"]] = rewritten(Dialogue("row", "row", messages, messages[-1:], "", frozenset()))
    return questions


def read_qrels(folder: Path) -> dict[str, set[str]]:
    """The passages (or pages) that answer each query, by its id."""
    right: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, passage, grade = line.split("\t")
        if float(grade) > 0:
            right.setdefault(query, set()).add(passage)
    return right
