"""Training of "is this within scope?": topic classifiers, then four small heads, cross-validated by product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.flywheel.extractive.logistic import balanced, fit, folds_of, probabilities
from vigilbot.flywheel.extractive.products import anchors, described, read_products
from vigilbot.reasoning.extractive.cues import content_words
from vigilbot.reasoning.extractive.quoting import best_cover
from vigilbot.reasoning.extractive.scoping import (
    BACKGROUND_STEP,
    LOGIT_LIMIT,
    NEAR_ANCHOR,
    Coverage,
    ScopeView,
    knowledge_features,
    text_features,
)
from vigilbot.reasoning.extractive.weights import Head, Topics

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vigilbot.flywheel.extractive.products import Products
    from vigilbot.flywheel.extractive.vectors import Vectors

TOPIC_PENALTY = 3.0
HEAD_PENALTY = 1.0
VECTOR_SCALE = 4.0
NEAREST = 5
SIZES = (300, 40)
"""Knowledge bases of these sizes are tried, so that the weights fit a small one as well."""
NAMES = ("text", "text_topic", "knowledge", "knowledge_topic")


@dataclass(frozen=True, slots=True)
class Trained:
    anchors: NDArray[np.float32]
    topics: Topics
    heads: dict[str, Head]
    report: dict[str, float]
    """Balanced accuracy by scope set, the product itself left out of the heads' training."""


@dataclass(frozen=True, slots=True)
class _Table:
    """One product's rows under one head: features of every opening message, and whether it belongs to the product."""

    product: str
    size: str
    features: NDArray[np.float32]
    labels: NDArray[np.bool_]
    comparable: NDArray[np.bool_]
    """Messages of the scope sets, and the product's own wherever they come from: what is reported on."""


async def train(data: Path, vectors: Vectors, seed: int) -> Trained:
    """Fit on all products; report each product by heads that never saw it."""
    products = read_products(data, seed)
    bench = await _Bench.prepare(products, vectors)
    tables = {name: bench.tables(name) for name in NAMES}
    return Trained(
        bench.anchors,
        bench.topics,
        {name: _fit(tables[name]) for name in NAMES},
        {f"scope {name} {product}": value for name in NAMES for product, value in _left_out(tables[name]).items()},
    )


def _fit(tables: list[_Table]) -> Head:
    features = np.vstack([table.features for table in tables])
    labels = np.concatenate([table.labels for table in tables])
    weight = np.concatenate([balanced(table.labels) for table in tables])
    return fit(features, labels, weight, HEAD_PENALTY)


def _left_out(tables: list[_Table]) -> dict[str, float]:
    found = {}
    for table in tables:
        head = _fit([other for other in tables if other.product != table.product])
        judged = probabilities(head, table.features) >= 0.5
        elsewhere = table.comparable & ~table.labels
        found[table.product + table.size] = float((judged[table.labels].mean() + (~judged[elsewhere]).mean()) / 2)
    return found


class _Bench:
    """Everything the heads' features are made of, each message's topic logits from classifiers that never saw it."""

    def __init__(
        self,
        products: Products,
        vectors: NDArray[np.float32],
        anchor_vectors: NDArray[np.float32],
        topics: Topics,
        logits: NDArray[np.float32],
        scopes: dict[str, NDArray[np.float32]],
        passages: dict[str, NDArray[np.float32]],
        passage_texts: dict[str, list[str]],
    ) -> None:
        self._openings = [index for index, message in enumerate(products.messages) if message.origin != "further"]
        self._messages = products.messages
        self._vectors, self._logits = vectors, logits
        self._scopes, self._passages, self._passage_texts = scopes, passages, passage_texts
        self.anchors, self.topics = anchor_vectors, topics

    @classmethod
    async def prepare(cls, products: Products, vectors: Vectors) -> _Bench:
        messages = await vectors.of([message.text for message in products.messages])
        labels = [message.product for message in products.messages]
        descriptions = described("topics.txt")
        names = tuple(sorted({name for name, _ in descriptions}))
        fold = folds_of([message.text for message in products.messages])
        logits = np.zeros((len(labels), len(names)), dtype=np.float32)
        for number in range(int(fold.max()) + 1):
            kept = fold != number
            coefficients, intercepts = _topic_classifiers(messages[kept], np.array(labels)[kept], names)
            logits[~kept] = messages[~kept] @ coefficients.T + intercepts
        coefficients, intercepts = _topic_classifiers(messages, np.array(labels), names)
        topics = Topics(
            names,
            coefficients,
            intercepts,
            await vectors.of([text for _, text in descriptions]),
            np.array([names.index(name) for name, _ in descriptions]),
        )
        scopes = {product: (await vectors.of([text]))[0] for product, text in described("scopes.txt")}
        passages = {product: await vectors.of(texts) for product, texts in products.passages.items()}
        limited = np.clip(logits, -LOGIT_LIMIT, LOGIT_LIMIT)
        return cls(
            products, messages, await vectors.of(anchors()), topics, limited, scopes, passages, products.passages
        )

    def tables(self, name: str) -> list[_Table]:
        """One a product and size of knowledge base; `_topic` heads know the product's topic, the others do not."""
        known, with_knowledge = name.endswith("_topic"), name.startswith("knowledge")
        wanted = [product for product in self._scopes if not known or product in self.topics.names]
        if not with_knowledge:
            return [self._table(product, known, None) for product in wanted]
        return [
            self._table(product, known, self._passages[product][:size])
            for product in wanted
            if product in self._passages
            for size in SIZES
        ]

    def _table(self, product: str, known: bool, passages: NDArray[np.float32] | None) -> _Table:
        scope = self._scopes[product]
        own = np.array([name == product for name in self.topics.names])
        kept = np.ones_like(own) if known else ~own
        view = ScopeView(scope, self.anchors[self.anchors @ scope < NEAR_ANCHOR], own[kept])
        background = 0.0
        if passages is not None:
            background = float((self.anchors[::BACKGROUND_STEP] @ passages.T).max(axis=1).mean())
        rows = []
        for index in self._openings:
            vector = self._vectors[index]
            words = len(content_words(self._messages[index].text))
            row = text_features(vector, view, self._logits[index][kept], words)
            if passages is not None:
                cosines = passages @ vector
                nearest = [self._passage_texts[product][row] for row in np.argsort(-cosines)[:NEAREST]]
                words_found = best_cover(self._messages[index].text, nearest)
                coverage = Coverage(_top(cosines), _top(passages @ scope), words_found, background)
                row = np.concatenate([row, knowledge_features(coverage, float(row[0]), float(row[2]))])
            rows.append(row)
        labels = np.array([self._messages[index].product == product for index in self._openings])
        origins = np.array([self._messages[index].origin for index in self._openings])
        size = "" if passages is None or len(passages) > SIZES[-1] else f" ({SIZES[-1]} passages)"
        return _Table(product, size, np.stack(rows), labels, labels | (origins == "scope sets"))


def _top(cosines: NDArray[np.float32]) -> tuple[float, ...]:
    return tuple(np.sort(cosines)[::-1][:NEAREST].tolist())


def _topic_classifiers(
    vectors: NDArray[np.float32], labels: NDArray[np.str_], names: tuple[str, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    heads = []
    for name in names:
        mine = labels == name
        heads.append(fit(VECTOR_SCALE * vectors, mine, np.sqrt(balanced(mine)), TOPIC_PENALTY))
    coefficients = np.stack([VECTOR_SCALE * head.coefficients for head in heads])
    return coefficients, np.array([head.intercept for head in heads], dtype=np.float32)
