"""`vigilbot eval retrieve FOLDER`: does the knowledge base find the passages that people judged right?

The folder holds `corpus.jsonl[.gz]`, `queries.jsonl[.gz]` and `qrels.tsv` (query, passage or page, grade). Where the
qrels name pages, the ranking is collapsed to pages: each counts where its first passage stands. The ranking
judged is the product's own before near-duplicates collapse: people judged each of them by itself, so taking all but
one out would count as a miss what for a reader is none. A query with `user_turns` is asked as the bot would ask it: the
last turn, rewritten with what it leans on.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Self

import numpy as np

from vigilbot.errors import EvaluationError, IngestError
from vigilbot.evaluation import ablation
from vigilbot.evaluation.cases import read_cases, read_rows, text_of
from vigilbot.evaluation.runs import Measured, by_id
from vigilbot.knowledge.ingest.ingesting import ingest
from vigilbot.knowledge.ingest.planning import row_id
from vigilbot.knowledge.ingest.sources import discover
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import EVERYONE, Dialogue, Message, Question, Reference
from vigilbot.reasoning.extractive.rewriting import rewritten
from vigilbot.storage import documents, entries
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from vigilbot.embedding.base import Embedder
    from vigilbot.evaluation.cases import Row
    from vigilbot.knowledge.rerank.base import Reranker

AS_ASKED = 5
"""References a turn asks for by default: what the milliseconds are measured with."""

DEPTH = 75
SPARE = 5
"""Passages asked for per place in the ranking: several may collapse to one page."""

Grades = dict[str, dict[str, float]]
"""By query, what was judged and how well it answers."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A corpus with questions and what people judged."""

    corpus: Path
    queries: list[Query]
    grades: Grades
    pages: Mapping[str, str]
    """By row of the corpus; empty when passages were judged."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises EvaluationError naming file and line."""
        corpus, grades = _file(folder, "corpus.jsonl"), read_qrels(folder / "qrels.tsv")
        queries = [query for query in read_cases(_file(folder, "queries.jsonl"), _query) if grades.get(query.id)]
        if not queries:
            raise EvaluationError(f"{folder}: no query has a judgement in qrels.tsv")
        return cls(corpus, queries, grades, _pages(corpus, grades))

    async def ingested(self, knowledge: LocalKnowledge, follow: Callable[[int, int, str], None]) -> dict[str, str]:
        """Ingest the corpus; the name of each entry in the qrels. Raises EvaluationError."""
        rows = await _ingested(knowledge, self.corpus, follow)
        return {entry: self.pages.get(row, row) for entry, row in rows.items()}


@dataclass(frozen=True, slots=True)
class Query:
    """One question that people have judged passages for."""

    id: str
    text: str
    question: Question
    """As the bot would ask it."""
    exclude: frozenset[str]
    """Passages or pages that do not count: the query was made from them."""


async def evaluate(
    folder: Path,
    embedder: Embedder,
    follow: Callable[[int, int, str], None],
    *,
    reranker: Reranker | None = None,
    reranks: bool = True,
    ablate: bool = False,
) -> Measured:
    """Ingest the corpus into a knowledge base of its own, ask every judged query, and score the rankings.

    `n recall@5 recall@10 recall@75 precision@8 hit@10 mrr@10 ndcg@10 ms_p50 ms_p95`; milliseconds of the whole
    retrieve step, embedding included. With `ablate` also `paths`: the same figures for each path and step alone.
    Raises EvaluationError naming file and line.
    """
    judged = Judged.read(folder)
    async with scratch_knowledge(embedder, reranker, reranks=reranks) as knowledge:
        names = await judged.ingested(knowledge, follow)
        found, timings = await _ask(knowledge, judged.queries, follow)
        plain = await _ask_plainly(knowledge, judged.queries) if ablate else {}

    def ranking(references: Sequence[Reference], query: Query) -> list[str]:
        return named([reference.entry_id for reference in references], names, query)

    def scored(rankings: Mapping[str, Sequence[Reference]]) -> dict[str, object]:
        return score([(ranking(rankings[query.id], query), judged.grades[query.id]) for query in judged.queries])

    figures = scored(found) | {
        "ms_p50": round(float(np.percentile(timings, 50)), 2),
        "ms_p95": round(float(np.percentile(timings, 95)), 2),
    }
    if ablate:
        steps = {name: {id_: order(one) for id_, one in found.items()} for name, order in ablation.ORDERS.items()}
        paths = {name: scored(step) for name, step in steps.items()}
        if any(query.question != Question(query.text) for query in judged.queries):
            paths["last turn alone"] = scored(plain)
        figures["paths"] = paths | {"contribution": ablation.contribution(found, 10)}
    each = (
        (query.id, figures_of(ranking(found[query.id], query), judged.grades[query.id])) for query in judged.queries
    )
    return Measured(figures, by_id(each))


@asynccontextmanager
async def scratch_knowledge(
    embedder: Embedder, reranker: Reranker | None = None, *, reranks: bool = True
) -> AsyncIterator[LocalKnowledge]:
    """An empty knowledge base, gone with the block. Raises KnowledgeError."""
    with tempfile.TemporaryDirectory() as scratch:
        db = await Database.open(Path(scratch) / "evaluation.db")
        knowledge = LocalKnowledge(db, embedder, Path(scratch) / "chroma", reranker=reranker, reranks=reranks)
        try:
            await knowledge.open()
            yield knowledge
        finally:
            await knowledge.close()
            await db.close()


def score(judged: Sequence[tuple[Sequence[str], Mapping[str, float]]]) -> dict[str, object]:
    """Means over queries, each a ranking (best first, no repeats) with the grades of what was judged."""
    each = [figures_of(ranking, grades) for ranking, grades in judged]
    return {"n": len(each)} | {name: round(fmean(one[name] for one in each), 4) for name in FIGURES}


def figures_of(ranking: Sequence[str], grades: Mapping[str, float]) -> dict[str, float]:
    """The figures of one query, by the names of FIGURES."""
    gains = [grades.get(found, 0.0) for found in ranking]
    ideal = sorted((grade for grade in grades.values() if grade > 0), reverse=True)
    return {name: figure(gains, ideal) for name, figure in FIGURES.items()}


def read_qrels(path: Path) -> Grades:
    """Tab-separated query, passage or page, grade; queries without a positive grade are left out.

    Raises EvaluationError naming file and line.
    """
    grades: Grades = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path}: cannot be read ({error})") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            query, found, grade = line.split("\t")
            grades.setdefault(query, {})[found] = float(grade)
        except ValueError:
            raise EvaluationError(f"{path}, line {number}: must be query, passage or page, grade, with tabs") from None
    return {query: judged for query, judged in grades.items() if any(grade > 0 for grade in judged.values())}


def _hits(gains: Sequence[float], k: int) -> int:
    return sum(1 for gain in gains[:k] if gain > 0)


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


FIGURES: Mapping[str, Callable[[Sequence[float], Sequence[float]], float]] = {
    **{f"recall@{k}": lambda gains, ideal, k=k: _hits(gains, k) / len(ideal) for k in (5, 10, 75)},  # type: ignore[misc]  # binds this round's k
    "precision@8": lambda gains, _: _hits(gains, 8) / 8,
    "hit@10": lambda gains, _: float(_hits(gains, 10) > 0),
    "mrr@10": lambda gains, _: next((1 / rank for rank, gain in enumerate(gains[:10], 1) if gain), 0.0),
    "ndcg@10": lambda gains, ideal: _discounted(gains[:10]) / _discounted(ideal[:10]),
}
"""By name, of one query: from the grades along its ranking and along the best ranking there could be."""


async def _ingested(knowledge: LocalKnowledge, corpus: Path, follow: Callable[[int, int, str], None]) -> dict[str, str]:
    """Which row of the corpus each entry was made from."""
    try:
        await ingest(knowledge, [corpus], follow=follow)
    except IngestError as error:
        raise EvaluationError(str(error)) from None
    [source] = await asyncio.to_thread(discover, [corpus])
    document = await documents.find(knowledge.db, source.location, EVERYONE)
    stored = await entries.of_document(knowledge.db, document.id) if document else {}
    return {entry.id: row_id(key) for key, entry in stored.items()}


async def _ask(
    knowledge: LocalKnowledge, queries: Sequence[Query], follow: Callable[[int, int, str], None]
) -> tuple[dict[str, list[Reference]], list[float]]:
    """What was found for each query, and the milliseconds of each search as the product makes it."""
    found, timings = dict[str, list[Reference]](), list[float]()
    everyone = frozenset({EVERYONE})
    for number, query in enumerate(queries, 1):
        began = time.perf_counter()
        await knowledge.search(query.question, audiences=everyone, limit=AS_ASKED)
        timings.append((time.perf_counter() - began) * 1000)
        found[query.id] = await knowledge.ranked(query.question, audiences=everyone, limit=DEPTH * SPARE)
        follow(number, len(queries), "Asking")
    return found, timings


async def _ask_plainly(knowledge: LocalKnowledge, queries: Sequence[Query]) -> dict[str, list[Reference]]:
    """The same with the last turn as it was written."""
    everyone = frozenset({EVERYONE})
    return {
        query.id: await knowledge.ranked(Question(query.text), audiences=everyone, limit=DEPTH * SPARE)
        for query in queries
    }


def named(entry_ids: Iterable[str], names: Mapping[str, str], query: Query) -> list[str]:
    """A ranking of entries in the names of the qrels."""
    ranking = dict.fromkeys(names[entry_id] for entry_id in entry_ids)
    return [name for name in ranking if name not in query.exclude][:DEPTH]


def _pages(corpus: Path, grades: Grades) -> dict[str, str]:
    """Passage → page, when the qrels name pages; empty when they name passages."""
    pages = {str(row["id"]): str(row["page"]) for row in read_rows(corpus) if "id" in row and row.get("page")}
    judged = {found for of_query in grades.values() for found in of_query}
    return pages if judged & set(pages.values()) and not judged & pages.keys() else {}


def _file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise EvaluationError(f"{folder / name}: no such file, nor {name}.gz")


def _query(row: Row) -> Query:
    text = text_of(row, "text")
    turns = row.get("user_turns")
    question = _rewritten([str(turn) for turn in turns]) if isinstance(turns, list) and turns else Question(text)
    return Query(str(row["id"]), text, question, frozenset(str(one) for one in row.get("exclude") or ()))


def _rewritten(turns: Sequence[str]) -> Question:
    said = tuple(Message(str(at), "", "customer", "customer", turn, float(at)) for at, turn in enumerate(turns))
    return rewritten(Dialogue("", "", said, said[-1:], "", frozenset({EVERYONE})))
