"""Every sentence of a dialogue held against every grave category, as numbers for one trained head.

No category is built in: a category is what the admin's file says of it, as vectors and as the words it shows. So the
same head serves categories that training never saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.models import OTHER
from vigilbot.reasoning.extractive.gravity import KINDS, cues, only
from vigilbot.reasoning.extractive.sentences import is_code, sentences
from vigilbot.reasoning.extractive.supposing import is_supposed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from vigilbot.models import Category, Dialogue

MOST_SENTENCES = 120
"""The newest count when there are more."""
LONGEST = 1_200
"""Characters of a message, or of all that customers said, that its vector is made from."""
FEW = 3
USUALLY_SHOWN = 0.3
"""Share of sentences that show a family of KINDS: whether one is missing tells less than whether it is there."""

NAMES: tuple[str, ...] = (
    *("like", "like_few", "described", "unlike", "ordinary", "rival"),
    *("message_like", "message_unlike", "message_ordinary", "whole_like", "whole_rival"),
    *("kin", "message_kin"),
    *("doubts", "supposed", "planned", "trial", "asks", "lasts", "wide", "mark"),
    *("solved_later", "trial_anywhere", "by_analyst"),
)
"""The numbers of one sentence and one category, in their order."""

_COSINE_WEIGHT = 5.0
_KIN_WEIGHT = 4.0
"""These bring cosines and kinship to the scale of the cues, for training."""
_OF_MESSAGE = ("doubts", "supposed", "planned", "trial", "asks", "lasts", "wide")
"""Cues that count wherever in its message they stand beside a sentence."""


@dataclass(frozen=True, slots=True)
class Known:
    """A category as vectors of shape (texts, dimensions), and how often its texts show each family of KINDS."""

    name: str
    like: NDArray[np.float32]
    unlike: NDArray[np.float32]
    kinds: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Menu:
    """The grave categories as the trained head compares them with sentences."""

    grave: tuple[Known, ...]
    ordinary: NDArray[np.float32]
    """What the category `other` looks like, shape (texts, dimensions)."""

    @classmethod
    def of(cls, categories: Sequence[Category], vectors: Mapping[str, NDArray[np.float32]]) -> Menu:
        """`vectors`: of every text of `texts_of(categories)`."""
        grave = tuple(_known(one, vectors) for one in categories if one.name != OTHER and _like(one))
        ordinary = [text for one in categories if one.name == OTHER for text in _like(one)]
        return cls(grave, _stacked(ordinary, vectors))


@dataclass(frozen=True, slots=True)
class Spoken:
    """What customers and analysts said, sentence by sentence."""

    sentences: tuple[str, ...]
    places: tuple[int, ...]
    """For each sentence its message's place in `messages`."""
    messages: tuple[str, ...]
    by_analyst: tuple[bool, ...]
    whole: str
    """All that customers said."""

    @classmethod
    def of(cls, dialogue: Dialogue, *, supposed: bool = False) -> Spoken:
        """What they stated; with `supposed` also what they only asked about or imagined, to train on."""
        written = [one for one in dialogue.messages if one.role != "bot" and not one.deleted]
        stated = [(one, text) for one in written if (text := one.text if supposed else _stated(one.text)).strip()]
        found = [
            (sentence, place)
            for place, (_, text) in enumerate(stated)
            for sentence in sentences(text)
            if not is_code(sentence)
        ][-MOST_SENTENCES:]
        return cls(
            sentences=tuple(sentence for sentence, _ in found),
            places=tuple(place for _, place in found),
            messages=tuple(text[:LONGEST] for _, text in stated),
            by_analyst=tuple(message.role == "analyst" for message, _ in stated),
            whole=" ".join(text for message, text in stated if message.role == "customer")[:LONGEST],
        )

    @property
    def texts(self) -> list[str]:
        """Everything whose vector is needed."""
        return list(dict.fromkeys(text for text in (*self.sentences, *self.messages, self.whole) if text))


def _stated(text: str) -> str:
    """The text without its sentences that are only supposed."""
    for sentence in sentences(text):
        if is_supposed(sentence):
            text = text.replace(sentence, "", 1)
    return text


def texts_of(categories: Sequence[Category]) -> list[str]:
    """Everything of the categories whose vector is needed."""
    return list(dict.fromkeys(text for one in categories for text in (*_like(one), *one.confusable)))


def features(spoken: Spoken, menu: Menu, vectors: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """For each grave category an array of shape (sentences, len(NAMES)); nothing when nothing was stated."""
    if not spoken.sentences:
        return {}
    own = _stacked(spoken.sentences, vectors)
    around = _stacked([spoken.messages[place] for place in spoken.places], vectors)
    whole = _stacked([spoken.whole] if spoken.whole else [], vectors)
    alike = _alike(spoken)
    kinds = np.mean([one.kinds for one in menu.grave], axis=0) if menu.grave else np.zeros(len(KINDS))
    found = {}
    for known in menu.grave:
        rivals = np.vstack([one.like for one in menu.grave if one is not known] or [known.like[:0]])
        cosines = [
            *(_near(own, known.like), _near_few(own, known.like), own @ known.like[0], _near(own, known.unlike)),
            *(_near(own, menu.ordinary), _near(own, rivals)),
            *(_near(around, known.like), _near(around, known.unlike), _near(around, menu.ordinary)),
            *(np.broadcast_to(_near(whole, texts).max(initial=0), len(own)) for texts in (known.like, rivals)),
        ]
        kin = alike.kinds @ (known.kinds - kinds)
        found[known.name] = np.column_stack(
            [_COSINE_WEIGHT * np.column_stack(cosines), _KIN_WEIGHT * kin.T, alike.cues]
        ).astype(np.float32)
    return found


@dataclass(frozen=True, slots=True)
class _Alike:
    """What does not depend on the category."""

    kinds: NDArray[np.float32]
    """(2, sentences, KINDS): of the sentence and of its message, less what is usual."""
    cues: NDArray[np.float32]


def _alike(spoken: Spoken) -> _Alike:
    own = np.array([cues(sentence) for sentence in spoken.sentences])
    messages = np.array([cues(message) for message in spoken.messages])
    around = messages[list(spoken.places)]
    solved = only(("solved",), messages)[:, 0]
    later = [solved[place:].max() for place in spoken.places]
    trial = np.full(len(own), only(("trial",), messages).max())
    analyst = [float(spoken.by_analyst[place]) for place in spoken.places]
    return _Alike(
        kinds=np.stack([only(KINDS, own), only(KINDS, around)]) - np.float32(USUALLY_SHOWN),
        cues=np.column_stack([only(_OF_MESSAGE, around), only(("mark",), own), later, trial, analyst]),
    )


def _known(category: Category, vectors: Mapping[str, NDArray[np.float32]]) -> Known:
    like = _like(category)
    kinds = only(KINDS, np.array([cues(text) for text in like])).mean(axis=0)
    return Known(category.name, _stacked(like, vectors), _stacked(category.confusable, vectors), kinds)


def _like(category: Category) -> list[str]:
    return [text for text in (category.description, *category.examples) if text.strip()]


def _stacked(texts: Sequence[str], vectors: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    dimensions = len(next(iter(vectors.values()), ()))
    return np.array([vectors[text] for text in texts], np.float32).reshape(len(texts), dimensions)


def _near(rows: NDArray[np.float32], texts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row's cosine with the nearest text; 0 without texts."""
    return np.asarray((rows @ texts.T).max(axis=1, initial=0), np.float32)


def _near_few(rows: NDArray[np.float32], texts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row's mean cosine with the nearest FEW texts."""
    return np.asarray(np.sort(rows @ texts.T, axis=1)[:, -FEW:].mean(axis=1), np.float32)
