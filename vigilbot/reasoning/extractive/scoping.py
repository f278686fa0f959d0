"""Is the turn about what the bot is there for? Its vector against the scope text, other topics and the knowledge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.reasoning.extractive.weights import Topics, Weights

SAME_TOPIC = 0.48
"""Cosine from which a scope text speaks of a known topic."""
NEAR_ANCHOR = 0.45
"""Cosine from which an anchor is part of the scope rather than elsewhere."""
LOGIT_LIMIT = 6.0
BACKGROUND_STEP = 5
"""Every fifth anchor is asked of the knowledge base to learn its background."""
COVERS = 0.25
"""Mean cosine of the scope text with its nearest passages from which the knowledge base speaks for the scope."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Cosines of the knowledge base's nearest passages, best first."""

    turn: tuple[float, ...]
    scope: tuple[float, ...]
    words: float
    """Share of the turn's words of substance that one of its nearest passages holds."""
    background: float
    """Mean cosine of unrelated texts with their nearest passage: chats lie nearer to anything than manuals do."""


@dataclass(frozen=True, slots=True)
class ScopeView:
    """What stays the same while the scope text does."""

    vector: NDArray[np.float32]
    far_anchors: NDArray[np.float32]
    own_topics: NDArray[np.bool_]
    """(topics,): the known topics that the scope text speaks of."""


def view_of(scope: NDArray[np.float32], weights: Weights) -> ScopeView:
    """Where a scope text stands among the anchors and the known topics."""
    likeness = weights.topics.descriptions @ scope
    own = np.zeros(len(weights.topics.names), dtype=np.bool_)
    own[weights.topics.owners[likeness >= SAME_TOPIC]] = True
    return ScopeView(scope, weights.anchors[weights.anchors @ scope < NEAR_ANCHOR], own)


def topic_logits(vector: NDArray[np.float32], topics: Topics) -> NDArray[np.float32]:
    """(topics,): how much the message sounds like each known topic."""
    logits: NDArray[np.float32] = topics.coefficients @ vector + topics.intercepts
    return np.clip(logits, -LOGIT_LIMIT, LOGIT_LIMIT)


def text_features(
    vector: NDArray[np.float32], view: ScopeView, logits: NDArray[np.float32], words: int
) -> NDArray[np.float32]:
    """Eight numbers from turn and scope text alone: nearness, margin over what lies elsewhere, topics, length."""
    near = float(vector @ view.vector)
    elsewhere = np.sort(view.far_anchors @ vector)[-3:]
    own = float(logits[view.own_topics].max()) if view.own_topics.any() else 0.0
    other = float(logits[~view.own_topics].max()) if not view.own_topics.all() else -LOGIT_LIMIT
    return np.array(
        [
            near,
            near - float(elsewhere.mean()),
            float(elsewhere[-1]),
            own / 3,
            other / 3,
            (own - other) / 3,
            np.log1p(words),
        ],
        dtype=np.float32,
    )


def knowledge_features(coverage: Coverage, near: float, elsewhere: float) -> NDArray[np.float32]:
    """Eight numbers from the nearest passages; the very nearest counts most: a small base has one on each thing."""
    best = coverage.turn[0]
    return np.array(
        [
            best,
            _mean(coverage.turn[:3]),
            best - elsewhere,
            best - _mean(coverage.scope),
            best - near,
            best - coverage.turn[-1],
            best - coverage.background,
            coverage.words,
        ],
        dtype=np.float32,
    )


def probability_within(
    vector: NDArray[np.float32], view: ScopeView, words: int, coverage: Coverage | None, weights: Weights
) -> float:
    """How likely the turn is within scope, 0 to 1."""
    features = text_features(vector, view, topic_logits(vector, weights.topics), words)
    suffix = "_topic" if view.own_topics.any() else ""
    by_text = weights.scope["text" + suffix].probability(features)
    if coverage is None or not coverage.turn:
        return by_text
    known = np.concatenate([features, knowledge_features(coverage, float(features[0]), float(features[2]))])
    by_knowledge = weights.scope["knowledge" + suffix].probability(known)
    return by_knowledge if _mean(coverage.scope) >= COVERS else max(by_text, by_knowledge)


def _mean(cosines: Sequence[float]) -> float:
    return float(np.mean(cosines[:5])) if cosines else 0.0
