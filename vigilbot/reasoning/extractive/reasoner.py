"""The reasoner that needs no language model: the encoder, a few small learned weights, and quotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.models import EVERYONE, Answer, AnswerPart, Identification, Question
from vigilbot.reasoning.extractive import asking, quoting, rewriting, scoping, weights
from vigilbot.reasoning.extractive.coverage import CoverageGauge
from vigilbot.reasoning.extractive.cues import content_words, plain
from vigilbot.reasoning.extractive.encoder import WeightsEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder
    from vigilbot.models import Dialogue, Reference
    from vigilbot.reasoning.extractive.coverage import Searchable

NAME = "extractive"
QUOTED_FROM = 2
"""How many references are read sentence by sentence for each part of a question."""
SENTENCES_READ = 3
"""Sentences of a reference that are embedded: the encoder's time is the answer's time."""
SURE = 0.8
"""With a match this likely, no further reference is read."""
REMEMBERED_SCOPES = 64


class ExtractiveReasoner:
    """Implements Reasoner. `knowledge` tells what the bot can answer; without it the scope text alone decides."""

    def __init__(self, embedder: Embedder, knowledge: Searchable | None = None) -> None:
        self._weights = weights.load()
        self._encoder = WeightsEncoder(embedder, self._weights.encoder)
        comparable = knowledge if self._encoder.is_shared else None
        self._gauge = None if comparable is None else CoverageGauge(comparable, self._weights)
        self._views: dict[str, scoping.ScopeView] = {}

    @property
    def name(self) -> str:
        return NAME

    async def identify(self, dialogue: Dialogue) -> Identification:
        """Decide from the turn's words, its vector, the scope text and the nearest knowledge.

        An empty scope leaves everything within scope. Raises EmbeddingError and KnowledgeError.
        """
        text, history = dialogue.turn_text, dialogue.history
        obvious = asking.settled(text, history)
        if obvious is not None:
            return Identification("no_assistance", obvious)
        [vector] = await self._encoder.embed([plain(text) or text])
        asks = asking.probability(text, history, vector, self._weights)
        return asking.decided(text, history, asks, await self._within(dialogue))

    async def rewrite(self, dialogue: Dialogue) -> Question:
        """Select what makes the turn stand alone."""
        return rewriting.rewritten(dialogue)

    async def answer(
        self,
        question: Question,
        references: Sequence[Reference],
        dialogue: Dialogue,  # noqa: ARG002 - the question was made to stand alone
    ) -> Answer:
        """Quote what matches each part of the question, or refuse it. Raises EmbeddingError."""
        return Answer(tuple([await self._answered(part, references) for part in question.parts]), NAME)

    async def warm(self) -> None:
        """Embed once, and learn the background of the knowledge that everyone may see."""
        await self._encoder.embed([NAME])
        if self._gauge is not None:
            await self._gauge.background(frozenset({EVERYONE}))

    async def close(self) -> None:
        """Release the encoder if it is not the shared one; embedder and knowledge belong to the composition root."""
        await self._encoder.close()

    async def _within(self, dialogue: Dialogue) -> float:
        if not dialogue.scope.strip():
            return 1.0
        question = rewriting.rewritten(dialogue).text
        [vector] = await self._encoder.embed([question])
        coverage = None
        if self._gauge is not None:
            coverage = await self._gauge.of(question, dialogue.scope, dialogue.audiences)
        view = await self._view(dialogue.scope)
        return scoping.probability_within(vector, view, len(content_words(question)), coverage, self._weights)

    async def _view(self, scope: str) -> scoping.ScopeView:
        if scope not in self._views:
            if len(self._views) >= REMEMBERED_SCOPES:
                self._views.clear()
            [vector] = await self._encoder.embed([scope])
            self._views[scope] = scoping.view_of(vector, self._weights)
        return self._views[scope]

    async def _answered(self, part: str, references: Sequence[Reference]) -> AnswerPart:
        [vector] = await self._encoder.embed([part])
        cosines = await self._cosines(vector, references)
        best, quoted = 0.0, ""
        for index in sorted(range(len(references)), key=lambda index: -cosines[index])[:QUOTED_FROM]:
            others = [cosine for other, cosine in enumerate(cosines) if other != index]
            matching = quoting.Matching(part, references[index], cosines[index], others)
            at_best = self._weights.match.probability(matching.at_best())
            if best >= SURE or at_best < max(best, quoting.ANSWER_FROM):
                continue
            found = quoting.candidates(part, references[index], SENTENCES_READ)
            near = await self._nearness(vector, [candidate.text for candidate in found])
            probability = self._weights.match.probability(matching.features(max(near, default=0.0)))
            if probability > best:
                best, quoted = probability, f"{quoting.quote(references[index], found, near)} <doc_{index + 1}>"
        if best < quoting.ANSWER_FROM:
            return AnswerPart(part, "", refused=True)
        return AnswerPart(part, quoted)

    async def _nearness(self, vector: NDArray[np.float32], texts: list[str]) -> list[float]:
        if not texts:
            return []
        return [float(cosine) for cosine in await self._encoder.embed(texts) @ vector]

    async def _cosines(self, vector: NDArray[np.float32], references: Sequence[Reference]) -> list[float]:
        """Each reference's cosine as its search found it; without a comparable one it is embedded."""
        if self._encoder.is_shared and all("dense" in reference.scores for reference in references):
            return [reference.scores["dense"] for reference in references]
        return await self._nearness(vector, [embedded_form(reference) for reference in references])


def embedded_form(reference: Reference) -> str:
    """A reference as a knowledge base embeds it: a pair's question; a document's title with its text."""
    return reference.question or f"{reference.title}\n{reference.text}".strip()
