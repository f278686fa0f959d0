"""The thinking of learning, without a language model: extract, review, judge a page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vigilbot.models import Extraction, Question
from vigilbot.reasoning.extractive import asking, extracting, pages, reviewing
from vigilbot.reasoning.extractive.cues import only_announces, plain
from vigilbot.reasoning.extractive.generic import generic_answer
from vigilbot.reasoning.extractive.lines import lines_of
from vigilbot.reasoning.extractive.replies import Replies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Dialogue, Judgement, Message, Review, Turn
    from vigilbot.reasoning.extractive.encoder import WeightsEncoder
    from vigilbot.reasoning.extractive.extracting import Found
    from vigilbot.reasoning.extractive.weights import Weights


class Learner:
    """The part of the extractive reasoner that works after the fact. Every method raises EmbeddingError."""

    def __init__(self, encoder: WeightsEncoder, weights: Weights) -> None:
        self._encoder = encoder
        self._weights = weights

    async def extract(self, dialogue: Dialogue, question: Question) -> Extraction:
        """Choose the analysts' messages that answer the turn, and word the pair."""
        return extracting.extraction(dialogue, question, await self._found(dialogue, question))

    async def review(self, dialogue: Dialogue, turn: Turn) -> Review:
        """Weigh people's reactions and the analysts' own answer against the posted one."""
        after = reviewing.follow_up(dialogue, turn)
        asked = tuple(message for message in dialogue.messages if message.id in set(turn.message_ids))
        question = turn.question or Question(dialogue.turn_text)
        found = await self._found(replace(dialogue, turn_messages=asked), question)
        better = reviewing.own_answer(after, found.definitive)
        likeness = await self._likeness(turn, better)
        return reviewing.judged(dialogue, turn, after, reviewing.evidence(after, better, likeness))

    async def judge_page(self, dialogue: Dialogue, title: str, text: str) -> Judgement:
        """Hold the page's title and first passages against the session's questions and the scope."""
        refused = pages.obstacle(title, text)
        if refused is not None:
            return refused
        wanted = pages.wanted(dialogue)
        passages = pages.passages(title, text)
        vectors = await self._encoder.embed([*passages, *wanted])
        return pages.judged((vectors[: len(passages)] @ vectors[len(passages) :].T).max(axis=0), dialogue)

    async def _found(self, dialogue: Dialogue, question: Question) -> Found:
        asked = frozenset(message.id for message in dialogue.turn_messages)
        lines = [
            line
            for line in lines_of(extracting.window(dialogue))
            if line.message.role != "analyst" or not extracting.fills_time(line)
        ]
        if not any(line.message.id in asked for line in lines):
            return extracting.Found((), ())
        replies = Replies(lines, asked)
        if not replies.positions:
            return extracting.Found((), ())
        vectors = await self._encoder.embed([question.text or " ", *(embedded_form(line.message) for line in lines)])
        context, words = replies.context(vectors[0], vectors[1:]), replies.words()
        asks = 0.0 if only_announces(question.text) else await self._asks(dialogue)
        return extracting.chosen(lines, replies, context, words, asks, self._weights)

    async def _asks(self, dialogue: Dialogue) -> float:
        text = dialogue.turn_text
        first = dialogue.turn_messages[0].id
        before = [message.id for message in dialogue.messages].index(first)
        history = dialogue.messages[:before]
        if asking.settled(text, history) is not None:
            return 0.0
        [vector] = await self._encoder.embed([plain(text) or text])
        return asking.probability(text, history, vector, self._weights)

    async def _likeness(self, turn: Turn, better: Sequence[Message]) -> float:
        posted = reviewing.posted_text(turn)
        own = generic_answer([reviewing.without_contradiction(message.text) for message in better], ())
        if not posted or not own:
            return 0.0
        first, second = await self._encoder.embed([posted, own])
        return reviewing.sameness(posted, first, own, second)


def embedded_form(message: Message) -> str:
    """A message as its vector sees it."""
    return plain(message.text, keep_code=True) or message.text or " "
