"""The vectors of a text's tokens, small enough to be stored with every passage: what late interaction compares.

Khattab and Zaharia, "ColBERT" (2020), compare a question and a passage token by token. The bundled encoder was not
trained for it, but the vectors it averages into one tell more than their mean. Kept of each: DIMENSIONS of 384, on
the principal axes of token vectors (`python -m vigilbot.flywheel.axes` finds them), at four bits each, for words that
say something: about 3.5 KB a passage.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.base import Tokens
from vigilbot.embedding.stopwords import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

DIMENSIONS = 64
AXES = Path(__file__).with_name("axes.npy")
LITTLE = 0.0
"""Weight of a token that says little; in passages such tokens are not stored at all, unless there are no others."""

LEVELS = 16
STEP = 0.3352 / DIMENSIONS**0.5
"""Between two levels: the best for sixteen of a normal distribution (Max, "Quantizing for Minimum Distortion", 1960),
which the coordinates of a unit vector on randomly turned axes follow, with a variance of 1 / DIMENSIONS.
"""
_LEVEL = ((np.arange(LEVELS) - LEVELS / 2 + 0.5) * STEP).astype(np.float32)
_PAIRS = np.stack([np.repeat(_LEVEL, LEVELS), np.tile(_LEVEL, LEVELS)], axis=1).view(np.float64).ravel()
"""The two coordinates that each byte holds, side by side in the place of one number: looked up ten times as fast."""


class Projection:
    """From the encoder's last layer to the vectors that are compared."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._axes = np.load(AXES).astype(np.float32)
        self._weights = _weights(tokenizer)

    def tokens(self, hidden: NDArray[np.float32], ids: Sequence[int]) -> Tokens:
        """`hidden` is of shape (tokens, 384), one row for each of `ids`, the first and last of which are no words."""
        vectors = hidden[1 : len(ids) - 1] @ self._axes
        lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return Tokens(vectors / lengths, self._weights[np.asarray(ids[1:-1], np.int64)])


def packed(tokens: Tokens) -> bytes:
    """A passage as it is stored: the tokens that say something (all, if none does), DIMENSIONS / 2 bytes each."""
    telling = tokens.weights == 1
    vectors = tokens.vectors[telling] if telling.any() else tokens.vectors
    levels = np.clip(np.floor(vectors / STEP) + LEVELS // 2, 0, LEVELS - 1).astype(np.uint8)
    pairs: NDArray[np.uint8] = levels[:, ::2] << 4 | levels[:, 1::2]
    return pairs.tobytes()


def maxsim(question: Tokens, passages: Sequence[bytes]) -> NDArray[np.float32]:
    """How well each packed passage meets the question: the mean cosine of its tokens with their nearest in the passage.

    A passage or question without tokens is met by nothing: 0.
    """
    found = np.zeros(len(passages), np.float32)
    present = [row for row, passage in enumerate(passages) if passage]
    if not present or not len(question.weights):
        return found
    lengths = np.array([2 * len(passages[row]) // DIMENSIONS for row in present])
    stored = _unpacked(b"".join(passages[row] for row in present))
    nearest = np.maximum.reduceat(question.vectors @ stored.T, np.cumsum(lengths) - lengths, axis=1)
    weights = question.weights if question.weights.any() else np.ones_like(question.weights)
    found[present] = weights @ nearest / weights.sum()
    return found


def _unpacked(passages: bytes) -> NDArray[np.float32]:
    """Shape (tokens, DIMENSIONS)."""
    return _PAIRS[np.frombuffer(passages, np.uint8)].view(np.float32).reshape(-1, DIMENSIONS)


@lru_cache(maxsize=1)
def _weights(tokenizer: Tokenizer) -> NDArray[np.float32]:
    """By token id."""
    pieces = [tokenizer.id_to_token(id_) or "" for id_ in range(tokenizer.get_vocab_size())]
    return np.array(
        [LITTLE if piece in STOP_WORDS or not any(map(str.isalnum, piece)) else 1.0 for piece in pieces], np.float32
    )
