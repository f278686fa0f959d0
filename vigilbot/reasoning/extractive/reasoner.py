"""The reasoner that needs no language model: the encoder, a few small learned weights, and quotation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from vigilbot.models import Answer, AnswerPart, Identification, Question
from vigilbot.reasoning.extractive import asking, quoting, rewriting, scoping, weights
from vigilbot.reasoning.extractive.cues import content_words, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder
    from vigilbot.models import Audience, Dialogue, Reference

NAME = "extractive"
NEAREST = 5
"""How many passages say what the knowledge base covers."""
QUOTED_FROM = 2
"""How many references are read sentence by sentence for each part of a question."""
SENTENCES_READ = 4
"""Sentences of a reference that are embedded: the encoder's time is the answer's time."""
REMEMBERED_SCOPES = 64
REFRESH = 500


class Searchable(Protocol):
    """The part of a knowledge base that this reasoner uses."""

    async def search(self, question: Question, *, audiences: frozenset[Audience], limit: int) -> list[Reference]: ...


class ExtractiveReasoner:
    """Implements Reasoner. `knowledge` tells what the bot can answer; its vectors must come from the same encoder."""

    def __init__(self, embedder: Embedder, knowledge: Searchable | None = None) -> None:
        self._embedder = embedder
        self._knowledge = knowledge
        self._weights = weights.load()
        self._views: dict[str, scoping.ScopeView] = {}
        self._backgrounds: dict[frozenset[Audience], tuple[int, float]] = {}

    @property
    def name(self) -> str:
        return NAME

    async def identify(self, dialogue: Dialogue) -> Identification:
        """Decide from the turn's words, its vector, the scope text and the nearest knowledge. Raises EmbeddingError."""
        history = dialogue.history
        obvious = asking.settled(dialogue.turn_text, history)
        if obvious is not None:
            return Identification("no_assistance", obvious)
        asks, within = await self._probabilities(dialogue)
        return asking.decided(dialogue.turn_text, history, asks, within)

    async def rewrite(self, dialogue: Dialogue) -> Question:
        """Select what makes the turn stand alone."""
        return rewriting.rewritten(dialogue)

    async def answer(self, question: Question, references: Sequence[Reference], dialogue: Dialogue) -> Answer:  # noqa: ARG002 - the protocol's
        """Quote what matches each part of the question, or refuse it. Raises EmbeddingError."""
        return Answer(tuple([await self._answered(part, references) for part in question.parts]), NAME)

    async def warm(self) -> None:
        """Everything is loaded when the module is."""

    async def close(self) -> None:
        """Nothing to release: embedder and knowledge belong to the composition root."""

    async def _probabilities(self, dialogue: Dialogue) -> tuple[float, float]:
        text = plain(dialogue.turn_text) or dialogue.turn_text
        [vector] = await self._embedder.embed([text])
        asks = asking.probability(dialogue.turn_text, dialogue.history, vector, self._weights)
        if not dialogue.scope.strip():
            return asks, 1.0
        question = rewriting.rewritten(dialogue)
        if question.text != text:
            [vector] = await self._embedder.embed([question.text])
        view = await self._view(dialogue.scope)
        coverage = await self._coverage(question, dialogue)
        words = len(content_words(question.text))
        return asks, scoping.probability_within(vector, view, words, coverage, self._weights)

    async def _view(self, scope: str) -> scoping.ScopeView:
        if scope not in self._views:
            if len(self._views) >= REMEMBERED_SCOPES:
                self._views.clear()
            [vector] = await self._embedder.embed([scope])
            self._views[scope] = scoping.view_of(vector, self._weights)
        return self._views[scope]

    async def _coverage(self, question: Question, dialogue: Dialogue) -> scoping.Coverage | None:
        if self._knowledge is None:
            return None
        found = await self._nearest(question.text, dialogue.audiences)
        passages = [f"{reference.title} {reference.question} {reference.text}" for reference in found]
        return scoping.Coverage(
            turn=_cosines(found),
            scope=_cosines(await self._nearest(dialogue.scope, dialogue.audiences)),
            words=quoting.best_cover(question.text, passages),
            background=await self._background(dialogue.audiences),
        )

    async def _background(self, audiences: frozenset[Audience]) -> float:
        """How near anything at all lies to this knowledge; asked anew after REFRESH turns, since knowledge grows."""
        age, background = self._backgrounds.get(audiences, (REFRESH, 0.0))
        if age >= REFRESH:
            texts = self._weights.anchor_texts[:: scoping.BACKGROUND_STEP]
            await self._embedder.embed(texts)
            nearest = await asyncio.gather(*(self._nearest(text, audiences) for text in texts))
            age, background = 0, sum(max(_cosines(found), default=0.0) for found in nearest) / len(texts)
        if len(self._backgrounds) >= REMEMBERED_SCOPES:
            self._backgrounds.clear()
        self._backgrounds[audiences] = (age + 1, background)
        return background

    async def _nearest(self, text: str, audiences: frozenset[Audience]) -> list[Reference]:
        if self._knowledge is None:
            return []
        return await self._knowledge.search(Question(text), audiences=audiences, limit=NEAREST)

    async def _answered(self, part: str, references: Sequence[Reference]) -> AnswerPart:
        [vector] = await self._embedder.embed([part])
        cosines = await self._cosines(vector, references)
        read = sorted(range(len(references)), key=lambda index: -cosines[index])[:QUOTED_FROM]
        likely = [quoting.candidates(part, references[index], SENTENCES_READ) for index in read]
        sentences = [candidate.text for found in likely for candidate in found]
        nearness = iter((await self._embedder.embed(sentences) @ vector).tolist() if sentences else [])
        best, best_text = 0.0, ""
        for index, found in zip(read, likely, strict=True):
            near = [next(nearness) for _ in found]
            others = [cosine for other, cosine in enumerate(cosines) if other != index]
            features = quoting.match_features(part, references[index], cosines[index], others, max(near, default=0.0))
            probability = self._weights.match.probability(features)
            if probability > best:
                quoted = quoting.quote(references[index], found, near)
                best, best_text = probability, f"{quoted} <doc_{index + 1}>"
        if best < quoting.ANSWER_FROM:
            return AnswerPart(part, "", refused=True)
        return AnswerPart(part, best_text)

    async def _cosines(self, vector: NDArray[np.float32], references: Sequence[Reference]) -> list[float]:
        """Each reference's cosine as its search found it; a reference without one is embedded."""
        missing = [reference for reference in references if "dense" not in reference.scores]
        found = iter(
            (await self._embedder.embed([text_of(one) for one in missing]) @ vector).tolist() if missing else []
        )
        return [one.scores["dense"] if "dense" in one.scores else next(found) for one in references]


def _cosines(references: Sequence[Reference]) -> tuple[float, ...]:
    """Best first; a reference that only words found has none."""
    return tuple(sorted((one.scores["dense"] for one in references if "dense" in one.scores), reverse=True))


def text_of(reference: Reference) -> str:
    """A reference as it was embedded."""
    return f"{reference.title}\n{reference.question or reference.text}".strip()
