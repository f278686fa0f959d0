"""The texts that a question is searched with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from vigilbot.embedding.stopwords import STOP_WORDS
from vigilbot.knowledge.texts import asked_text

if TYPE_CHECKING:
    from vigilbot.models import Question

_PUNCTUATION = re.compile(r"[^\w]|_")


class Wordings(NamedTuple):
    """The texts, each once, and which of them (by their places in `texts`) ask the same thing."""

    texts: list[str]
    groups: list[list[int]]
    """The whole question with its variants; then each sub-question."""


def wordings_of(question: Question) -> Wordings:
    """A question, its variants and its sub-questions, as they are embedded.

    Without sub-questions there is one group, and the wording that suits an entry best counts.
    """
    said = [(0, question.text), *((0, variant) for variant in question.variants)]
    said += [(number, part) for number, part in enumerate(question.sub_questions, 1)]
    texts = list(dict.fromkeys(asked_text(text) for _, text in said))
    groups: dict[int, list[int]] = {}
    for group, text in said:
        groups.setdefault(group, []).append(texts.index(asked_text(text)))
    return Wordings(texts, list(groups.values()))


def without_stop_words(text: str) -> str:
    """The text without its stop words, unless it has no others: BM25 would find entries that merely ask alike."""
    kept = [word for word in text.split() if _PUNCTUATION.sub("", word).casefold() not in STOP_WORDS]
    return " ".join(kept) or text
