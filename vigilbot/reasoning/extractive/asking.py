"""Does the turn ask for help, and of whom? And the verdict in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.models import Identification
from vigilbot.reasoning.extractive.cues import content_words, cues, cues_of_text, mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.models import Message
    from vigilbot.reasoning.extractive.weights import Weights

VECTOR_WEIGHT = 4.0
"""Cues are 0 or 1, a unit vector's numbers about .05: this brings them to one scale for training."""
ASKS_FROM = 0.5
WITHIN_FROM = 0.5
MAY_ASK_FROM = 0.15
"""A statement about something else is out of scope rather than idle talk when it may be asking."""

_PERSONAL_REQUEST = re.compile(
    r"^\s*(?:(?:hi|hey|hello|ok)\W+)?(?:<@\w+(?:\|[^>]*)?>|@[\w.-]+)\W+"
    r"(?:please\b|pls\b|(?:can|could|would|will|do|are|did|have) you\b)",
    re.IGNORECASE,
)


def features(text: str, history: Sequence[Message], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cue numbers and the turn's vector, in the order in which the weights were trained."""
    return np.concatenate([cues(text, history), VECTOR_WEIGHT * vector])


def probability(text: str, history: Sequence[Message], vector: NDArray[np.float32], weights: Weights) -> float:
    """How likely the turn asks for help, 0 to 1."""
    return weights.asking.probability(features(text, history, vector))


def settled(text: str, history: Sequence[Message]) -> str | None:
    """The reason why nobody waits for us, where that is plain without any model; None otherwise."""
    if not text.strip():
        return "the message has no text"
    if not content_words(text) and not cues_of_text(text)["mark"]:
        return _pleasantry(text)
    if _PERSONAL_REQUEST.search(text) and mentions(text):
        return f"the customer addresses {_person(mentions(text)[0], history)} in person"
    return None


def decided(text: str, history: Sequence[Message], asks: float, within: float) -> Identification:
    """The verdict from both probabilities, with its reason in one sentence for people."""
    if asks >= ASKS_FROM and within >= WITHIN_FROM:
        return Identification("within_scope", "the customer asks about something within scope", min(asks, within))
    if within < WITHIN_FROM and asks >= MAY_ASK_FROM:
        return Identification(
            "out_of_scope", "the question is about something else than the configured scope", 1 - within
        )
    return Identification("no_assistance", _statement(text, history), 1 - asks)


def _pleasantry(text: str) -> str:
    shown = cues_of_text(text)
    if shown["thanks"]:
        return "the customer thanks; nothing is asked"
    if shown["acknowledges"]:
        return "the customer only acknowledges; nothing is asked"
    return "a greeting or a short remark; nothing is asked"


def _statement(text: str, history: Sequence[Message]) -> str:
    shown = cues_of_text(text)
    if shown["thanks"]:
        return "the customer thanks; nothing is asked"
    if shown["solved"]:
        return "the customer says that it is solved"
    if shown["will_try"]:
        return "the customer is going to try something; nothing is asked"
    if history and history[-1].role == "analyst" and "?" in history[-1].text:
        return "the customer answers the analyst's question"
    return "the customer states something; nothing is asked"


def _person(who: str, history: Sequence[Message]) -> str:
    return (
        "an analyst"
        if any(message.author == who and message.role == "analyst" for message in history)
        else "somebody else"
    )
