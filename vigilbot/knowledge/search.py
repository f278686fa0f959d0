"""The order of one search: two paths, one ranking, the truth, a second look."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, get_args

import numpy as np
import structlog

from vigilbot.embedding.littlewords import LITTLE_WORDS
from vigilbot.errors import VigilError
from vigilbot.knowledge.ranking.collapse import collapsed
from vigilbot.knowledge.ranking.fusion import DEPTH, Found, in_turn
from vigilbot.knowledge.ranking.misled import without_misleading
from vigilbot.knowledge.texts import asked_text
from vigilbot.knowledge.tuned.tuning import UNTUNED, Seen, Tuning
from vigilbot.models import EntryKind, Reference
from vigilbot.storage import entries, lexical
from vigilbot.storage import tokens as stored
from vigilbot.storage.entries import Ref, Shelf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder
    from vigilbot.knowledge.index.base import Hits, VectorIndex
    from vigilbot.knowledge.index.exact import ExactIndex
    from vigilbot.knowledge.rerank.base import Reranker
    from vigilbot.models import Audience, Entry, Question
    from vigilbot.storage.database import Database
    from vigilbot.storage.lexical import Hit, LexicalReader

log = structlog.get_logger(__name__)

LOOKED_AT = 40
"""Candidates that get a second look."""

SPARE = 5
"""Asked for beyond the limit: some may have been retired since the index was written."""


PUNCTUATION = re.compile(r"[^\w]|_")


class Wordings(NamedTuple):
    """What a question is searched with, and which of it belong together."""

    texts: list[str]
    groups: list[list[int]]
    """The whole question with its variants; then each sub-question."""


class Measured(NamedTuple):
    """The candidates of a second look, and what it has of them."""

    refs: list[Ref]
    seen: Seen


class Ordered(NamedTuple):
    """What both paths found: `order` holds columns of `scores`, best first, of entries that are `known`."""

    wordings: Wordings
    found: Found
    scores: NDArray[np.float32]
    order: list[int]
    known: dict[str, Entry]


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
        wordings, found, scores, order, known = await self._ordered(question, audiences, limit)
        told = [
            path | {"fused": round(float(best), 4)} for path, best in zip(found.paths(), _best(scores), strict=True)
        ]
        looked_at = order[:LOOKED_AT]
        judged = await self._judged(wordings.texts, [known[found.refs[at].entry_id] for at in looked_at])
        if judged is not None and self.reranker is not None:
            scores[:, looked_at] = await self._looked_again(found, scores, looked_at, judged, self.reranker.share)
            for at, best in zip(looked_at, _best(judged), strict=True):
                told[at]["rerank"] = round(float(best), 4)
            again = in_turn(scores[:, looked_at], wordings.groups)
            order = [looked_at[at] for at in again] + order[LOOKED_AT:]
        totals = _best(scores)
        best_first = [_reference(known[found.refs[at].entry_id], totals[at], told[at]) for at in order[:limit]]
        return await self._explained(best_first, wordings.texts)

    async def measured(self, question: Question, audiences: frozenset[Audience]) -> Measured | None:
        """What the second look sees, for whoever trains its weights; None where the reranker cannot judge."""
        wordings, found, scores, order, known = await self._ordered(question, audiences, LOOKED_AT)
        order = order[:LOOKED_AT]
        judged = await self._judged(wordings.texts, [known[found.refs[at].entry_id] for at in order])
        if judged is None:
            return None
        return Measured([found.refs[at] for at in order], await self.seen(found, scores, order, judged))

    async def _ordered(self, question: Question, audiences: frozenset[Audience], limit: int) -> Ordered:
        """The candidates by what both paths measured, as far as they still hold."""
        wordings = wordings_of(question)
        found = await self.found(wordings, shelves_of(audiences), max(DEPTH, limit + SPARE))
        scores = found.fused()
        order = in_turn(scores, wordings.groups)[: max(LOOKED_AT, limit + SPARE)]
        # Once more from the truth: an index may lag behind by the change of a moment ago.
        known = await entries.active(self.db, [found.refs[at].entry_id for at in order], audiences)
        return Ordered(wordings, found, scores, [at for at in order if _is_current(found.refs[at], known)], known)

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

    async def found(self, wordings: Wordings, shelves: Sequence[Shelf], depth: int) -> Found:
        """What either path finds, with the cosines of what words alone have found."""
        vectors = await self.embedder.embed(wordings.texts)
        if self.tuning.adapter:
            vectors = self.tuning.adapter.moved(vectors)
        near, said = await self._both_paths(wordings.texts, vectors, shelves, depth)
        dense = frozenset(ref for hits in near for ref, _ in hits)
        refs = list(
            dict.fromkeys([ref for hits in near for ref, _ in hits] + [ref for hits in said for _, ref, _ in hits])
        )
        cosines = await self._cosines(refs, vectors, near)
        place = {ref: at for at, ref in enumerate(refs)}
        words = np.zeros((len(said), len(refs)), np.float32)
        for row, hits in enumerate(said):
            for _, ref, score in hits:
                words[row, place[ref]] = score
        return Found(refs, cosines, words, dense)

    async def _both_paths(
        self, texts: Sequence[str], vectors: NDArray[np.float32], shelves: Sequence[Shelf], depth: int
    ) -> tuple[list[Hits], list[list[Hit]]]:
        """At once. One path is enough: when the other fails, that is logged."""
        near, said = await asyncio.gather(
            self.index.nearest(shelves, vectors, depth),
            lexical.search(self.words, shelves, [telling(text) for text in texts], depth),
            return_exceptions=True,
        )
        for fault in (near, said):
            if isinstance(fault, BaseException) and not isinstance(fault, VigilError):
                raise fault
        if isinstance(near, BaseException):
            if isinstance(said, BaseException):
                raise near
            log.warning("dense_path_failed", reason=str(near))
            return [[] for _ in texts], said
        if isinstance(said, BaseException):
            log.warning("lexical_path_failed", reason=str(said))
            return near, [[] for _ in texts]
        return near, said

    async def _cosines(
        self, refs: Sequence[Ref], vectors: NDArray[np.float32], near: Sequence[Hits]
    ) -> NDArray[np.float32]:
        """Of every wording with every candidate; from the stored vectors where the index has not told them."""
        cosines = np.full((len(vectors), len(refs)), np.nan, np.float32)
        place = {ref: at for at, ref in enumerate(refs)}
        for row, hits in enumerate(near):
            for ref, cosine in hits:
                cosines[row, place[ref]] = cosine
        missing = [ref for ref in refs if np.isnan(cosines[:, place[ref]]).any()]
        stored_vectors = await stored.vectors_of(self.db, missing, self.embedder.name)
        for ref, vector in stored_vectors.items():
            cosines[:, place[ref]] = vectors @ vector
        return np.nan_to_num(cosines, nan=0.0)

    async def _looked_again(
        self,
        found: Found,
        fused: NDArray[np.float32],
        columns: Sequence[int],
        judged: NDArray[np.float32],
        share: float,
    ) -> NDArray[np.float32]:
        """The scores of those columns with the reranker's judgement: by the trained weights, or by its share."""
        if self.tuning.head is None:
            return np.asarray(fused[:, columns] + share * (judged - fused[:, columns]), np.float32)
        return self.tuning.head.judged(await self.seen(found, fused, columns, judged))

    async def seen(
        self, found: Found, fused: NDArray[np.float32], columns: Sequence[int], judged: NDArray[np.float32]
    ) -> Seen:
        """What trained weights weigh, of those columns."""
        refs = [found.refs[at] for at in columns]
        known = await stored.vectors_of(self.db, refs, self.embedder.name)
        unknown = np.zeros(self.embedder.dimensions, np.float32)
        vectors = np.stack([known.get(ref, unknown) for ref in refs])
        return Seen(found.cosines[:, columns], found.counted()[:, columns], judged, fused[:, columns], vectors)

    async def _explained(self, references: list[Reference], wordings: Sequence[str]) -> list[Reference]:
        """Which trained models had a say. `dense` stays the plain cosine, which others compare; theirs is `adapted`."""
        adapter, head = self.tuning
        told: dict[str, float] = {"reranker_version": head.version} if head else {}
        if adapter is None:
            return [replace(one, scores=one.scores | told) for one in references] if told else references
        told["retriever_version"] = adapter.version
        refs = [Ref(one.entry_id, one.version) for one in references]
        vectors = await stored.vectors_of(self.db, refs, self.embedder.name)
        asked = await self.embedder.embed(wordings)
        return [
            replace(one, scores=one.scores | told | _both_cosines(one, asked, vectors.get(ref)))
            for one, ref in zip(references, refs, strict=True)
        ]

    async def _judged(self, wordings: Sequence[str], candidates: Sequence[Entry]) -> NDArray[np.float32] | None:
        """What the reranker says; None without one, and when it fails: the fused order stands then."""
        if self.reranker is None or not candidates:
            return None
        try:
            async with asyncio.timeout(self.reranker.seconds):
                return await self.reranker.judge(wordings, candidates)
        except TimeoutError:
            log.warning("rerank_failed", reason=f"no answer within {self.reranker.seconds:.0f} s")
        except VigilError as error:
            log.warning("rerank_failed", reason=str(error))
        return None


def wordings_of(question: Question) -> Wordings:
    """Each text once. Without sub-questions there is one group, and the wording that suits an entry best counts."""
    said = [(0, question.text), *((0, variant) for variant in question.variants)]
    said += [(number, part) for number, part in enumerate(question.sub_questions, 1)]
    texts = list(dict.fromkeys(asked_text(text) for _, text in said))
    groups: dict[int, list[int]] = {}
    for group, text in said:
        groups.setdefault(group, []).append(texts.index(asked_text(text)))
    return Wordings(texts, list(groups.values()))


def shelves_of(audiences: frozenset[Audience]) -> list[Shelf]:
    """Every shelf these audiences may see, and no other."""
    return [Shelf(kind, audience) for kind in get_args(EntryKind) for audience in sorted(audiences)]


def telling(text: str) -> str:
    """A text without its little words, unless it has no others: BM25 would look for entries that ask alike."""
    kept = [word for word in text.split() if PUNCTUATION.sub("", word).casefold() not in LITTLE_WORDS]
    return " ".join(kept) or text


def _both_cosines(one: Reference, asked: NDArray[np.float32], vector: NDArray[np.float32] | None) -> dict[str, float]:
    adapted = one.scores["dense"]
    return {"dense": round(float((asked @ vector).max()), 4) if vector is not None else adapted, "adapted": adapted}


def _best(scores: NDArray[np.float32]) -> list[float]:
    """Of each candidate, over the wordings."""
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
