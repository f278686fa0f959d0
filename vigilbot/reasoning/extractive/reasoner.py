"""The reasoner that needs no language model: the encoder, a few small learned weights, and quotation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.models import EVERYONE, AnnotationReview, Answer, AnswerPart, Identification, Question
from vigilbot.reasoning.extractive import asking, problems, product, quoting, rewriting, scoping, weights
from vigilbot.reasoning.extractive.bounds import bounded
from vigilbot.reasoning.extractive.coverage import CoverageGauge
from vigilbot.reasoning.extractive.cues import content_words, plain
from vigilbot.reasoning.extractive.encoder import WeightsEncoder
from vigilbot.reasoning.extractive.learner import Learner
from vigilbot.reasoning.extractive.triage import ExtractiveTriage

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder
    from vigilbot.models import (
        Annotation,
        Category,
        Dialogue,
        Extraction,
        Finding,
        Judgement,
        Reference,
        Review,
        Sameness,
        Severity,
        Tool,
        ToolCall,
        Turn,
    )
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

    def __init__(
        self, embedder: Embedder, knowledge: Searchable | None = None, *, answer_from: float = quoting.ANSWER_FROM
    ) -> None:
        """`answer_from` is the probability from which a reference is quoted; `eval selective` tries others."""
        self._answer_from = answer_from
        self._weights = weights.load()
        self._encoder = WeightsEncoder(embedder, self._weights.encoder)
        self._learner = Learner(self._encoder, self._weights)
        self._tickets = ExtractiveTriage(self._encoder, weights.load_severity())
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
        dialogue = bounded(dialogue)
        text, history = dialogue.turn_text, dialogue.history
        obvious = asking.settled(text, history)
        if obvious is not None:
            return Identification("no_assistance", obvious)
        [vector] = await self._encoder.embed([plain(text) or text])
        asks = asking.probability(text, history, vector, self._weights)
        return asking.decided(text, history, asks, await self._within(dialogue))

    async def rewrite(self, dialogue: Dialogue) -> Question:
        """Select what makes the turn stand alone."""
        return rewriting.rewritten(bounded(dialogue))

    async def choose_tools(self, dialogue: Dialogue, tools: Sequence[Tool]) -> tuple[ToolCall, ...]:  # noqa: ARG002 - never
        """None: what a tool would have to be asked takes understanding."""
        return ()

    async def answer(
        self,
        question: Question,
        references: Sequence[Reference],
        dialogue: Dialogue,
        findings: Sequence[Finding] = (),  # noqa: ARG002 - no tool is asked for it
    ) -> Answer:
        """Quote what matches each part of the question, or refuse it. Raises EmbeddingError."""
        passages = await self._passages(question, references)
        parts = [await self._answered(part, question, passages, dialogue) for part in question.parts]
        return Answer(tuple(parts), NAME)

    async def extract(self, dialogue: Dialogue, question: Question) -> Extraction:
        """Find the analysts' definitive answer among their replies. Raises EmbeddingError."""
        return await self._learner.extract(bounded(dialogue), question)

    async def review(self, dialogue: Dialogue, turn: Turn) -> Review:
        """Judge the posted answer by what people said after it. Raises EmbeddingError."""
        return await self._learner.review(bounded(dialogue), turn)

    async def judge_page(self, dialogue: Dialogue, title: str, text: str) -> Judgement:
        """Keep a page that is near to what the session is about. Raises EmbeddingError."""
        return await self._learner.judge_page(bounded(dialogue), title, text)

    async def judge_annotation(
        self,
        dialogue: Dialogue,  # noqa: ARG002 - never looked at
        turn: Turn,  # noqa: ARG002 - as above
        annotation: Annotation,  # noqa: ARG002 - as above
    ) -> AnnotationReview:
        """Undecided: without a model the rules alone doubt annotations."""
        return AnnotationReview(None, "left to the rules", NAME)

    async def triage(self, dialogue: Dialogue, categories: Sequence[Category]) -> Severity:
        """Hold every sentence against every category; a weaker judge than a language model. Raises EmbeddingError."""
        return await self._tickets.triage(bounded(dialogue), categories)

    async def argue(self, dialogue: Dialogue, categories: Sequence[Category], category: str) -> Severity:
        """One plain sentence and the quotes nearest to the category; always the same. Raises EmbeddingError."""
        return await self._tickets.argue(bounded(dialogue), categories, category)

    async def problem(self, dialogue: Dialogue) -> str:
        """The sentences that tell what fails, without names and ids."""
        return problems.statement_of(bounded(dialogue))

    async def same_problem(self, statement: str, known: str) -> Sameness:
        """Refuse what names other versions, regions or codes; confirm what is near. Raises EmbeddingError."""
        return await self._tickets.same_problem(statement, known)

    async def joint_problem(self, statements: Sequence[str]) -> str:
        """Every sentence that says something new, oldest first."""
        return problems.joined(statements)

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
        question = rewriting.rewritten(dialogue)
        view = await self._view(dialogue.scope)
        wordings = (question.text, *question.variants)
        return max([await self._wording_within(wording, dialogue, view) for wording in wordings])

    async def _wording_within(self, text: str, dialogue: Dialogue, view: scoping.ScopeView) -> float:
        [vector] = await self._encoder.embed([text])
        coverage = None
        beside = product.beside(text, dialogue)
        if self._gauge is not None:
            coverage = await self._gauge.of(text, dialogue.scope, dialogue.audiences, words_of=beside)
            if beside != text and rewriting.substance(beside) and coverage.words < quoting.MOST_WORDS:
                return 0.0
        return scoping.probability_within(vector, view, len(content_words(text)), coverage, self._weights)

    async def _view(self, scope: str) -> scoping.ScopeView:
        if scope not in self._views:
            if len(self._views) >= REMEMBERED_SCOPES:
                self._views.clear()
            [vector] = await self._encoder.embed([scope])
            self._views[scope] = scoping.view_of(vector, self._weights)
        return self._views[scope]

    async def _answered(self, part: str, question: Question, passages: _Passages, dialogue: Dialogue) -> AnswerPart:
        """In the turn's own words first; with the context it leans on only where those alone find nothing."""
        own, wide = rewriting.wordings(part, question)
        found = _NOTHING
        if own == wide or not rewriting.is_ellipsis(own):
            found = await self._best(own, passages, self._allowed(own, passages, dialogue))
        if own != wide and not found.text:
            found = await self._best(wide, passages, await self._about(own, wide, passages))
        return AnswerPart(part, found.text, refused=not found.text)

    def _allowed(self, own: str, passages: _Passages, dialogue: Dialogue) -> list[int]:
        """All passages; of a product that the turn does not name, those that hold most of the turn's other words."""
        beside = product.beside(own, dialogue)
        return [
            index
            for index, reference in enumerate(passages.references)
            if beside == own or quoting.shares_words(beside, reference, quoting.MOST_WORDS)
        ]

    async def _about(self, own: str, wide: str, passages: _Passages) -> list[int]:
        """The passages that the turn's own words bring nearer than the context alone does, and that hold one of them.

        The others speak of what was asked before.
        """
        context, whole = await self._encoder.embed([wide.removesuffix(own), wide])
        before, now = passages.cosines(context), passages.cosines(whole)
        return [
            index
            for index, reference in enumerate(passages.references)
            if now[index] > before[index] and quoting.shares_words(own, reference)
        ]

    async def _best(self, text: str, passages: _Passages, allowed: Sequence[int]) -> _Found:
        """The likeliest of the allowed passages, quoted; nothing when none is likely enough."""
        [vector] = await self._encoder.embed([text])
        cosines = passages.cosines(vector)
        best = _NOTHING
        order = sorted(allowed, key=lambda index: -cosines[index])
        for index in quoting.asked_before(text, passages.references, cosines, order) or order[:QUOTED_FROM]:
            reference = passages.references[index]
            matching = quoting.Matching(text, index, passages.references, cosines)
            is_pair = reference.kind == "qa"
            head = self._weights.recall if is_pair else self._weights.match
            at_best = head.probability(matching.at_best())
            if is_pair and best.is_pair:
                continue  # of two pairs that both answer, the one with the nearer question stands
            if best.probability >= SURE or at_best < max(best.probability, self._answer_from):
                continue
            found = quoting.candidates(text, reference, SENTENCES_READ)
            near = await self._nearness(vector, [candidate.text for candidate in found])
            probability = head.probability(matching.features(max(near, default=0.0)))
            if probability >= max(best.probability, self._answer_from):
                said = quoting.quote(reference, found, near, from_start=quoting.heading_asks(text, reference))
                best = _Found(probability, f"{said} <doc_{index + 1}>", is_pair)
        return best

    async def _nearness(self, vector: NDArray[np.float32], texts: list[str]) -> list[float]:
        if not texts:
            return []
        return [float(cosine) for cosine in await self._encoder.embed(texts) @ vector]

    async def _passages(self, question: Question, references: Sequence[Reference]) -> _Passages:
        """With the cosines of their search, if it had one wording only and they are comparable; else embedded anew."""
        searched_once = not question.sub_questions and not question.variants
        known = searched_once and self._encoder.is_shared and all("dense" in one.scores for one in references)
        if known or not references:
            return _Passages(references, None)
        return _Passages(references, await self._encoder.embed([embedded_form(one) for one in references]))


@dataclass(frozen=True, slots=True)
class _Found:
    probability: float
    text: str
    is_pair: bool = False


_NOTHING = _Found(0.0, "")


@dataclass(frozen=True, slots=True)
class _Passages:
    references: Sequence[Reference]
    vectors: NDArray[np.float32] | None

    def cosines(self, vector: NDArray[np.float32]) -> list[float]:
        """Each reference's cosine with a wording: computed, or as its search found it."""
        if self.vectors is None:
            return [reference.scores["dense"] for reference in self.references]
        return [float(cosine) for cosine in self.vectors @ vector]


def embedded_form(reference: Reference) -> str:
    """A reference as a knowledge base embeds it: a pair's question; a document's title with its text."""
    return reference.question or f"{reference.title}\n{reference.text}".strip()
