"""Which sentences of a reference answer a question, and whether they answer it at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.likeness import SAME_QUESTION, differ_in_names
from vigilbot.reasoning.extractive.rewriting import substance
from vigilbot.reasoning.extractive.sentences import is_code, is_heading, is_item, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.models import Reference

ANSWER_FROM = 0.3
"""Probability that the reference answers, from which it is quoted: the operating point of the risk-coverage curve."""
STEM = 5
"""Words are compared by their first letters: `configure`, `configuring` and `configuration` are one."""
MOST_SENTENCES = 3
MOST_QUOTED = 700
"""Characters; a quote is read beside a conversation."""
WHOLE_LIST = 1000
"""Steps that break off help nobody."""
WHOLE_QA = 900
"""A stored answer up to this length is quoted as it stands."""
NEARER_SENTENCE = 0.2
"""By how much a single sentence's cosine exceeds that of its whole passage at most, but for rare cases."""
SIBLINGS = 2
"""So many passages may answer alike, as a manual's reference and its guide do: beyond them, nearness stands out."""
MOST_WORDS = 0.5
"""A product's name brings all its passages near: they have to hold more than this share of the words beside it."""
NEARLY_AS_GOOD = 0.75
"""A neighbour of the best sentence is quoted along when its score reaches this share of the best."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence that may be quoted; `cover` is the share of the question's words in it."""

    position: int
    text: str
    cover: float


def stems(words: set[str]) -> set[str]:
    return {word[:STEM] for word in words}


def cover(question: set[str], text: str) -> float:
    """Share of the question's stems that occur in the text, 0 to 1; longer words weigh more, since they are rarer."""
    if not question:
        return 0.0
    found = {word[:STEM] for word in re.findall(r"\w+", text.lower())}
    weight = {stem: min(len(stem), STEM) for stem in question}
    return sum(weight[stem] for stem in question & found) / sum(weight.values())


def best_cover(question: str, passages: Sequence[str]) -> float:
    """The largest cover among several passages."""
    wanted = stems(substance(question))
    return max((cover(wanted, passage) for passage in passages), default=0.0)


def shares_words(question: str, reference: Reference, more_than: float = 0.0) -> bool:
    """Whether the reference holds more than that share of the question's words of substance, if it has any."""
    wanted = stems(substance(question))
    return not wanted or cover(wanted, f"{reference.title} {reference.question} {reference.text}") > more_than


def candidates(question: str, reference: Reference, most: int) -> list[Candidate]:
    """The reference's `most` likeliest sentences, in their order."""
    wanted = stems(substance(question))
    found = [
        Candidate(position, text, cover(wanted, text))
        for position, text in enumerate(sentences(reference.text))
        if not is_heading(text) and not is_code(text)
    ]
    likeliest = sorted(found, key=lambda candidate: (-candidate.cover, candidate.position))[:most]
    return sorted(likeliest, key=lambda candidate: candidate.position)


def asked_before(
    question: str, references: Sequence[Reference], cosines: Sequence[float], order: Sequence[int]
) -> list[int]:
    """The nearest pair that was made of this very question, alone; empty without one.

    What an analyst answered then stands before any document: a page that repeats the question may say anything.
    """
    for index in order:
        reference = references[index]
        if cosines[index] < SAME_QUESTION:
            break
        if reference.kind == "qa" and not differ_in_names(question, reference.question):
            return [index]
    return []


class Matching:
    """How near one reference and a question are, alone and among the others found."""

    def __init__(self, question: str, index: int, found: Sequence[Reference], cosines: Sequence[float]) -> None:
        reference, cosine = found[index], cosines[index]
        others = [other for position, other in enumerate(cosines) if position != index]
        wanted = stems(substance(question))
        covers = [cover(wanted, sentence) for sentence in sentences(reference.text)] or [0.0]
        self._cosine = cosine
        self._known = [
            cosine,
            cosine - (float(np.mean(others)) if others else cosine),
            cosine - max(others, default=cosine),
            cosine - float(np.mean(sorted(cosines)[:-SIBLINGS] or [cosine])),
            cover(wanted, f"{reference.title} {reference.question} {reference.text}"),
            max(covers),
            float(np.log1p(len(wanted))),
        ]

    def features(self, sentence_cosine: float) -> NDArray[np.float32]:
        """Eight numbers, once the nearest sentence is known."""
        return np.array([*self._known, sentence_cosine], dtype=np.float32)

    def at_best(self) -> NDArray[np.float32]:
        """The features if a sentence came as near as sentences ever do: tells whether reading them is worth it."""
        return self.features(min(1.0, self._cosine + NEARER_SENTENCE))


def heading_asks(question: str, reference: Reference) -> bool:
    """Whether the passage stands under a heading that says what the question asks: then it answers from its start."""
    wanted = stems(substance(question))
    return bool(wanted) and cover(wanted, reference.title) > MOST_WORDS


def quote(
    reference: Reference, likely: Sequence[Candidate], cosines: Sequence[float], *, from_start: bool = False
) -> str:
    """One to three whole sentences in their order, a code block with the sentence that introduces it."""
    if reference.kind == "qa" and len(reference.text) <= WHOLE_QA:
        return reference.text.strip()
    everything = sentences(reference.text)
    if not likely:
        return _joined(everything[:MOST_SENTENCES])
    scores = [0.7 * cosine + 0.3 * candidate.cover for candidate, cosine in zip(likely, cosines, strict=True)]
    best = max(scores)
    kept = {
        candidate.position for candidate, score in zip(likely, scores, strict=True) if score >= NEARLY_AS_GOOD * best
    }
    first = likely[scores.index(best)].position
    if from_start:
        first = 0
        kept.add(first)
    chosen = sorted(sorted(kept, key=lambda position: abs(position - first))[:MOST_SENTENCES])
    return _joined([everything[position] for position in _with_what_follows(chosen, everything)])


def _with_what_follows(chosen: list[int], everything: list[str]) -> list[int]:
    """A sentence that ends in a colon brings what it announces, a list whole; a code block stays with its sentence."""
    positions = set(chosen)
    for position in chosen:
        end = position + 1
        if everything[position].endswith(":"):
            end = _end_of_announced(end, everything)
        while end < len(everything) and is_code(everything[end]):
            end += 1
        positions.update(range(position, end))
    return sorted(positions)


def _end_of_announced(start: int, everything: list[str]) -> int:
    """Behind the list that begins there, items of several sentences included; behind one sentence when none does."""
    end = start + 1
    for position in range(start, len(everything)):
        if is_item(everything[position]) and position <= end + 1:
            end = position + 1
    return min(end, len(everything))


def _joined(chosen: list[str]) -> str:
    """The sentences as one text, whole, at most MOST_QUOTED characters unless the first alone is longer."""
    text = ""
    for sentence in chosen:
        separator = "\n" if is_code(sentence) or is_item(sentence) or text.endswith(("```", ":")) else " "
        longer = f"{text}{separator}{sentence}" if text else sentence
        if text and len(longer) > (WHOLE_LIST if is_item(sentence) else MOST_QUOTED):
            break
        text = longer
    return text
