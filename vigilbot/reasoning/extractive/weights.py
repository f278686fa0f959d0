"""The small learned models beside the encoder, read from one committed .npz file; numpy is all they need.

`python -m vigilbot.flywheel.extractive` writes the file; its model card is the string `card` in it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zipfile import BadZipFile

import numpy as np

from vigilbot.errors import ReasonerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FILE = Path(__file__).with_name("weights.npz")
SEVERITY_FILE = Path(__file__).with_name("severity.npz")


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Head:
    """A logistic model: probability = sigmoid(features @ coefficients + intercept)."""

    coefficients: NDArray[np.float32]
    intercept: float

    def probability(self, features: NDArray[np.float32]) -> float:
        logit = float(features @ self.coefficients) + self.intercept
        return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


@dataclass(frozen=True, slots=True)
class Topics:
    """Support topics known from training: one classifier and some describing texts' vectors for each."""

    names: tuple[str, ...]
    coefficients: NDArray[np.float32]
    """(topics, dimensions): a message's logit for topic t is `coefficients[t] @ vector + intercepts[t]`."""
    intercepts: NDArray[np.float32]
    descriptions: NDArray[np.float32]
    """(texts, dimensions), unit vectors."""
    owners: NDArray[np.int64]
    """(texts,): which topic each description describes."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Every learned number of the extractive reasoner."""

    encoder: str
    """Name of the embedder whose vectors these weights understand."""
    asking: Head
    anchor_texts: tuple[str, ...]
    anchors: NDArray[np.float32]
    """(anchors, dimensions): what people talk about elsewhere, to tell the configured scope from."""
    topics: Topics
    scope: dict[str, Head]
    """Keyed by what is known: `text`, `text_topic`, `knowledge`, `knowledge_topic`."""
    match: Head
    """Whether a document's passage answers a question."""
    recall: Head
    """Whether a learnt pair answers it: of the same numbers, for a pair's question speaks for it as no passage can."""
    reply: Head
    """Whether an analyst's message replies to a question."""
    definitive: Head
    """Whether such a reply holds the definitive answer."""
    card: str


@functools.cache
def load(file: Path = FILE) -> Weights:
    """Read the weights; about 3 ms. Raises ReasonerError when the file is missing or not ours."""
    return _read(file, _from_arrays)


@functools.cache
def load_severity(file: Path = SEVERITY_FILE) -> Head:
    """Whether a sentence makes its dialogue one of a grave category, on the vectors of the same encoder.

    `python -m vigilbot.flywheel.severity` writes the file. Raises ReasonerError when it is missing or not ours.
    """
    return _read(file, lambda arrays: _head("severity", arrays))


def _read(file: Path, made: Callable[[dict[str, NDArray[np.generic]]], T]) -> T:
    try:
        with np.load(file, allow_pickle=False) as stored:
            return made({name: stored[name] for name in stored.files})
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise ReasonerError(f"{file.name}: the extractive reasoner's weights cannot be read ({error})") from None


def _head(name: str, arrays: dict[str, NDArray[np.generic]]) -> Head:
    return Head(
        arrays[f"{name}.coefficients"].astype(np.float32), float(arrays[f"{name}.intercept"].astype(np.float32))
    )


def _from_arrays(arrays: dict[str, NDArray[np.generic]]) -> Weights:
    def number(name: str) -> NDArray[np.float32]:
        return arrays[name].astype(np.float32)

    def head(name: str) -> Head:
        return _head(name, arrays)

    return Weights(
        encoder=str(arrays["encoder"]),
        asking=head("asking"),
        anchor_texts=tuple(str(text) for text in arrays["anchors.texts"]),
        anchors=number("anchors"),
        topics=Topics(
            names=tuple(str(name) for name in arrays["topics.names"]),
            coefficients=number("topics.coefficients"),
            intercepts=number("topics.intercepts"),
            descriptions=number("topics.descriptions"),
            owners=arrays["topics.owners"].astype(np.int64),
        ),
        scope={name: head(f"scope.{name}") for name in ("text", "text_topic", "knowledge", "knowledge_topic")},
        match=head("match"),
        recall=head("recall"),
        reply=head("reply"),
        definitive=head("definitive"),
        card=str(arrays["card"]),
    )
