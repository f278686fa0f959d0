"""Training of "does this message reply to the question?" and "does it hold the definitive answer?".

The first head learns from the human reply links of IRC, cross-validated by chat log. The second learns from the
dialogues we labelled by reading, each judged by a head that never saw it; a little of IRC steadies it, with questions
back, promises and the like marked as no answer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.evaluation.extract import Outcome, figures, read_extract_cases
from vigilbot.flywheel.extractive.logistic import fit, folds_of, probabilities
from vigilbot.reasoning.extractive import asking, extracting, reactions, weights
from vigilbot.reasoning.extractive.cues import plain
from vigilbot.reasoning.extractive.learner import embedded_form
from vigilbot.reasoning.extractive.lines import lines_of
from vigilbot.reasoning.extractive.replies import Replies
from vigilbot.reasoning.extractive.rewriting import rewritten

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vigilbot.evaluation.extract import ExtractCase
    from vigilbot.flywheel.extractive.vectors import Vectors
    from vigilbot.models import Dialogue
    from vigilbot.reasoning.extractive.lines import Line
    from vigilbot.reasoning.extractive.weights import Head, Weights

PENALTY = 1.0
STEADYING = 2000
"""Conversations of IRC that steady the second head …"""
STEADYING_WEIGHT = 0.007
"""… each message counting this much, so that together they count about as much as the dialogues we read."""


@dataclass(frozen=True, slots=True)
class Trained:
    reply: Head
    definitive: Head
    report: dict[str, float]
    """Held out: F1 of the reply links, and what the pairs of the read dialogues are worth."""


@dataclass(frozen=True, slots=True)
class _Bench:
    """One question with its replies as numbers."""

    case: ExtractCase
    lines: list[Line]
    replies: Replies
    context: NDArray[np.float32]
    words: NDArray[np.float32]
    right: NDArray[np.bool_]
    asks: float

    @property
    def all(self) -> NDArray[np.float32]:
        return np.hstack([self.context, self.words])


async def train(data: Path, labels: Sequence[Path], vectors: Vectors, asks: Head, seed: int) -> Trained:
    """Fit both heads on everything; report on what each had not seen. `labels`: files of dialogues we read."""
    asking_only = replace(weights.load(), asking=asks)
    links = await _benches(read_extract_cases(data / "extract" / "irc.dev.jsonl.gz"), vectors, asking_only)
    own = [case for file in labels for case in read_extract_cases(file)]
    read = await _benches(own, vectors, asking_only)
    reply = _fit_replies(links)
    known = replace(asking_only, reply=reply)
    steadying = _steadying(links, known, seed)
    return Trained(
        reply,
        _fit_definitive(read, steadying, known),
        {"replies irc f1": _held_out_f1(links), **_held_out_pairs(read, steadying, known)},
    )


def _fit_replies(benches: Sequence[_Bench]) -> Head:
    right = np.concatenate([bench.right for bench in benches])
    return fit(np.vstack([bench.all for bench in benches]), right, np.ones(len(right)), PENALTY)


def _held_out_f1(benches: Sequence[_Bench]) -> float:
    fold = folds_of([bench.case.dialogue.session_id.split("/")[0] for bench in benches])
    outcomes: dict[int, Outcome] = {}
    for number in range(int(fold.max()) + 1):
        head = _fit_replies([bench for bench, row in zip(benches, fold, strict=True) if row != number])
        for row in np.flatnonzero(fold == number).tolist():
            chances = probabilities(head, benches[row].all)
            taken = np.flatnonzero(chances >= extracting.REPLIES_FROM)
            outcomes[row] = _outcome(benches[row], [benches[row].replies.positions[at] for at in taken])
    return figures([bench.case for bench in benches], [outcomes[row] for row in range(len(benches))]).f1


def _outcome(bench: _Bench, positions: Sequence[int]) -> Outcome:
    return Outcome(frozenset(bench.lines[at].message.id for at in positions), bool(positions))


def _steadying(links: Sequence[_Bench], known: Weights, seed: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    some = random.Random(seed).sample(list(links), min(STEADYING, len(links)))  # noqa: S311 - sampling, not secrecy
    rows = [extracting.definitive_features(bench.replies, bench.context, bench.words, 1.0, known) for bench in some]
    right = [bench.right & np.array([_may_answer(bench, at) for at in bench.replies.positions]) for bench in some]
    return np.vstack(rows), np.concatenate(right)


def _may_answer(bench: _Bench, at: int) -> bool:
    line = bench.lines[at]
    told = (reactions.HOLDING, reactions.ELSEWHERE)
    return not (
        line.little or line.unknowing or reactions.asks_back(line.text) or any(one.search(line.text) for one in told)
    )


def _fit_definitive(
    read: Sequence[_Bench], steadying: tuple[NDArray[np.float32], NDArray[np.bool_]], known: Weights
) -> Head:
    rows = [
        extracting.definitive_features(bench.replies, bench.context, bench.words, bench.asks, known) for bench in read
    ]
    own = np.concatenate([bench.right for bench in read])
    weight = np.concatenate([np.ones(len(own)), np.full(len(steadying[1]), STEADYING_WEIGHT)])
    return fit(np.vstack([*rows, steadying[0]]), np.concatenate([own, steadying[1]]), weight, PENALTY)


def _held_out_pairs(
    read: Sequence[_Bench], steadying: tuple[NDArray[np.float32], NDArray[np.bool_]], known: Weights
) -> dict[str, float]:
    outcomes = []
    for left_out, bench in enumerate(read):
        head = _fit_definitive([one for row, one in enumerate(read) if row != left_out], steadying, known)
        chosen = extracting.chosen(
            bench.lines, bench.replies, bench.context, bench.words, bench.asks, replace(known, definitive=head)
        )
        outcomes.append(Outcome(frozenset(message.id for message in chosen.definitive), bool(chosen.definitive)))
    found = figures([bench.case for bench in read], outcomes)
    return {
        "pairs read good": found.good_pairs,
        "pairs read answered yielding": found.answered_yielding,
        "pairs read unanswered yielding": found.unanswered_yielding,
    }


async def _benches(cases: Sequence[ExtractCase], vectors: Vectors, known: Weights) -> list[_Bench]:
    lines = [lines_of(extracting.window(case.dialogue)) for case in cases]
    questions = [rewritten(_as_asked(case)).text or " " for case in cases]
    await vectors.of([*questions, *(embedded_form(line.message) for one in lines for line in one)])
    found = zip(cases, lines, questions, strict=True)
    return [await _bench(case, said, question, vectors, known) for case, said, question in found]


async def _bench(case: ExtractCase, lines: list[Line], question: str, vectors: Vectors, known: Weights) -> _Bench:
    table = await vectors.of([question, *(embedded_form(line.message) for line in lines)])
    replies = Replies(lines, frozenset(message.id for message in case.dialogue.turn_messages))
    text = case.dialogue.turn_text
    [vector] = await vectors.of([plain(text) or text])
    return _Bench(
        case,
        lines,
        replies,
        replies.context(table[0], table[1:]),
        replies.words(),
        np.array([lines[at].message.id in case.answers for at in replies.positions]),
        0.0 if asking.settled(text, ()) else asking.probability(text, (), vector, known),
    )


def _as_asked(case: ExtractCase) -> Dialogue:
    last = case.dialogue.messages.index(case.dialogue.turn_messages[-1])
    return replace(case.dialogue, messages=case.dialogue.messages[: last + 1])
