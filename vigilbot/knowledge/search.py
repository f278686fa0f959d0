"""The order of one search: two paths → one ranking → the database's word → a second look → without repetitions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, get_args

from vigilbot.knowledge.ranking.collapse import collapsed
from vigilbot.knowledge.ranking.fusion import DEPTH, Found, in_turn
from vigilbot.knowledge.ranking.misled import without_misleading
from vigilbot.knowledge.second_look import SecondLook
from vigilbot.knowledge.texts import asked_text
from vigilbot.knowledge.tuned.tuning import UNTUNED, Seen, Tuning
from vigilbot.knowledge.two_paths import TwoPaths
from vigilbot.knowledge.wordings import Wordings, wordings_of
from vigilbot.models import EntryKind, Reference
from vigilbot.storage import entries
from vigilbot.storage import tokens as stored
from vigilbot.storage.entries import Ref, Shelf

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder
    from vigilbot.knowledge.index.base import VectorIndex
    from vigilbot.knowledge.index.exact import ExactIndex
    from vigilbot.knowledge.rerank.base import Reranker
    from vigilbot.models import Audience, Entry, Question
    from vigilbot.storage.database import Database
    from vigilbot.storage.lexical import LexicalReader

LOOKED_AT = 40
"""Candidates that get a second look."""

SPARE = 5
"""Asked for beyond the limit: some may have been retired since the index was written."""


class Measured(NamedTuple):
    """The candidates of a second look, and what it has of them."""

    refs: list[Ref]
    seen: Seen


class Candidates(NamedTuple):
    """What was found for a question, and in which order it stands now."""

    wordings: Wordings
    found: Found
    scores: NDArray[np.float32]
    """How well each candidate fits each wording, shape (wordings, candidates)."""
    order: list[int]
    """Columns of `scores`, best first; only of entries that are `known`."""
    known: dict[str, Entry]
    told: list[dict[str, float]]
    """What a person is told of each candidate: every path's and step's measure, by name."""

    def entries(self, columns: Sequence[int]) -> list[Entry]:
        return [self.known[self.found.refs[at].entry_id] for at in columns]


@dataclass(frozen=True, slots=True)
class Search:
    """The parts of a knowledge base that answer one question. Every method raises KnowledgeError, EmbeddingError."""

    db: Database
    embedder: Embedder
    index: VectorIndex | ExactIndex
    words: LexicalReader
    reranker: Reranker | None
    tuning: Tuning = UNTUNED
    """What annotations have trained, if it is switched on."""

    async def best(self, question: Question, audiences: frozenset[Audience], limit: int) -> list[Reference]:
        """The best `limit` references that neither repeat one another nor misled a question like this."""
        ranked = await self.ranked(question, audiences, 2 * limit + SPARE)
        [vector] = await self.embedder.embed([asked_text(question.text)])
        fitting = await without_misleading(ranked, question.text, vector, self.db, self.embedder)
        refs = [Ref(reference.entry_id, reference.version) for reference in fitting]
        vectors = await stored.vectors_of(self.db, refs, self.embedder.name)
        kept = collapsed(fitting, {ref.entry_id: one for ref, one in vectors.items()}, limit)
        return sorted(kept, key=lambda reference: -reference.score)

    async def ranked(self, question: Question, audiences: frozenset[Audience], limit: int) -> list[Reference]:
        """The first `limit` references in order, near-duplicates and all; for sub-questions in turn."""
        candidates = await self._candidates(question, audiences, limit)
        candidates = await self._looked_at_again(candidates)
        return await self._references(candidates, limit)

    async def nearest(self, text: str, audiences: frozenset[Audience], limit: int) -> list[Reference]:
        """The nearest entries by cosine alone, whichever words they use."""
        vectors = await self.embedder.embed([asked_text(text)])
        [hits] = await self.index.nearest(shelves_of(audiences), vectors, limit + SPARE)
        known = await entries.active(self.db, [ref.entry_id for ref, _ in hits], audiences)
        return [
            _reference(known[ref.entry_id], cosine, {"dense": round(cosine, 4)})
            for ref, cosine in hits
            if _is_current(ref, known)
        ][:limit]

    async def measured(self, question: Question, audiences: frozenset[Audience]) -> Measured | None:
        """What the second look sees, for whoever trains its weights; None where the reranker cannot judge."""
        if (second_look := self._second_look()) is None:
            return None
        candidates = await self._candidates(question, audiences, LOOKED_AT)
        columns = candidates.order[:LOOKED_AT]
        judged = await second_look.judged(candidates.wordings.texts, candidates.entries(columns))
        if judged is None:
            return None
        seen = await second_look.seen(candidates.found, candidates.scores, columns, judged)
        return Measured([candidates.found.refs[at] for at in columns], seen)

    async def found(self, wordings: Wordings, shelves: Sequence[Shelf], depth: int) -> Found:
        """What either path finds, with the cosines of what words alone have found."""
        vectors = await self.embedder.embed(wordings.texts)
        if self.tuning.adapter:
            vectors = self.tuning.adapter.moved(vectors)
        paths = TwoPaths(self.db, self.index, self.words, self.embedder.name)
        return await paths.found(wordings.texts, vectors, shelves, depth)

    async def _candidates(self, question: Question, audiences: frozenset[Audience], limit: int) -> Candidates:
        """Both paths' candidates in one order, as far as the database still knows them."""
        wordings = wordings_of(question)
        found = await self.found(wordings, shelves_of(audiences), max(DEPTH, limit + SPARE))
        scores = found.fused()
        order = in_turn(scores, wordings.groups)[: max(LOOKED_AT, limit + SPARE)]
        # Once more from the truth: an index may lag behind by the change of a moment ago.
        known = await entries.active(self.db, [found.refs[at].entry_id for at in order], audiences)
        order = [at for at in order if _is_current(found.refs[at], known)]
        told = [path | {"fused": round(one, 4)} for path, one in zip(found.paths(), _best(scores), strict=True)]
        return Candidates(wordings, found, scores, order, known, told)

    async def _looked_at_again(self, candidates: Candidates) -> Candidates:
        """The first LOOKED_AT in the reranker's order; all as they were where there is none, or it cannot judge."""
        columns = candidates.order[:LOOKED_AT]
        if (second_look := self._second_look()) is None:
            return candidates
        judged = await second_look.judged(candidates.wordings.texts, candidates.entries(columns))
        if judged is None:
            return candidates
        scores, told = candidates.scores.copy(), list(candidates.told)
        scores[:, columns] = await second_look.scores(candidates.found, candidates.scores, columns, judged)
        for at, one in zip(columns, _best(judged), strict=True):
            told[at] = told[at] | {"rerank": round(one, 4)}
        order = [columns[at] for at in in_turn(scores[:, columns], candidates.wordings.groups)]
        return candidates._replace(scores=scores, order=order + candidates.order[LOOKED_AT:], told=told)

    def _second_look(self) -> SecondLook | None:
        return SecondLook(self.db, self.embedder, self.reranker, self.tuning.head) if self.reranker else None

    async def _references(self, candidates: Candidates, limit: int) -> list[Reference]:
        """The first `limit`, with every measure of theirs, and which trained models had a say.

        `dense` stays the plain cosine, which others compare; an adapter's own cosine is `adapted`.
        """
        order, totals = candidates.order[:limit], _best(candidates.scores)
        references = [
            _reference(entry, totals[at], candidates.told[at])
            for at, entry in zip(order, candidates.entries(order), strict=True)
        ]
        adapter, head = self.tuning
        versions: dict[str, float] = {"reranker_version": head.version} if head else {}
        if adapter is None:
            return [replace(one, scores=one.scores | versions) for one in references] if versions else references
        versions["retriever_version"] = adapter.version
        refs = [Ref(one.entry_id, one.version) for one in references]
        vectors = await stored.vectors_of(self.db, refs, self.embedder.name)
        asked = await self.embedder.embed(candidates.wordings.texts)
        return [
            replace(one, scores=one.scores | versions | _both_cosines(one, asked, vectors.get(ref)))
            for one, ref in zip(references, refs, strict=True)
        ]


def shelves_of(audiences: frozenset[Audience]) -> list[Shelf]:
    """Every shelf these audiences may see, and no other."""
    return [Shelf(kind, audience) for kind in get_args(EntryKind) for audience in sorted(audiences)]


def _both_cosines(one: Reference, asked: NDArray[np.float32], vector: NDArray[np.float32] | None) -> dict[str, float]:
    adapted = one.scores["dense"]
    return {"dense": round(float((asked @ vector).max()), 4) if vector is not None else adapted, "adapted": adapted}


def _best(scores: NDArray[np.float32]) -> list[float]:
    """Each candidate's best score over the wordings."""
    best: list[float] = scores.max(axis=0, initial=-1).tolist()
    return best


def _is_current(ref: Ref, known: dict[str, Entry]) -> bool:
    return ref.entry_id in known and known[ref.entry_id].version == ref.version


def _reference(entry: Entry, score: float, told: dict[str, float]) -> Reference:
    return Reference(
        entry_id=entry.id,
        version=entry.version,
        kind=entry.kind,
        title=entry.title,
        text=entry.text,
        source=entry.source,
        score=round(score, 4),
        scores=told,
        question=entry.question,
    )
