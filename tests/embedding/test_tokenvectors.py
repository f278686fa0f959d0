"""Token vectors: from one pass, small, and near to what they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from vigilbot.embedding.base import Embedder, TokenEmbedder, Tokens, embed_tokens
from vigilbot.embedding.cache import CachedEmbedder
from vigilbot.embedding.tokenvectors import DIMENSIONS, LITTLE, maxsim, packed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PASSAGE = "Detach the encrypted volume before you resize it; snapshots keep the key of the volume they were made from."


def exact(question: Tokens, passage: Tokens) -> float:
    telling = passage.vectors[passage.weights == 1]
    nearest = (question.vectors @ telling.T).max(axis=1)
    return float(question.weights @ nearest / question.weights.sum())


async def test_one_pass_gives_the_same_vectors_and_one_for_each_token(embedder: Embedder) -> None:
    embedded = await embed_tokens(embedder, [PASSAGE, "yes"])

    assert np.allclose(embedded.vectors, await embedder.embed([PASSAGE, "yes"]), atol=1e-5)
    assert embedded.tokens is not None
    long, short = embedded.tokens
    assert long.vectors.shape == (len(long.weights), DIMENSIONS)
    assert short.vectors.shape == (1, DIMENSIONS)
    assert np.allclose(np.linalg.norm(long.vectors, axis=1), 1, atol=1e-5)
    assert set(long.weights) == {LITTLE, 1.0}


async def test_a_packed_passage_is_small_and_judged_as_the_whole_one(embedder: Embedder) -> None:
    texts = ["how do I grow an encrypted volume?", PASSAGE, "Boil the onions slowly in butter."]
    tokens = (await embed_tokens(embedder, texts)).tokens
    assert tokens is not None
    question, *passages = tokens

    near, far = maxsim(question, [packed(one) for one in passages])

    assert near > far + 0.1
    assert near == pytest.approx(exact(question, passages[0]), abs=0.03)
    assert far == pytest.approx(exact(question, passages[1]), abs=0.03)
    assert len(packed(passages[0])) == DIMENSIONS // 2 * int((passages[0].weights == 1).sum())


async def test_texts_without_words_are_met_by_nothing(embedder: Embedder) -> None:
    tokens = (await embed_tokens(embedder, ["", "the of and", PASSAGE])).tokens
    assert tokens is not None
    empty, little, passage = tokens

    assert packed(empty) == b""
    assert len(packed(little)) == 3 * DIMENSIONS // 2
    assert maxsim(empty, [packed(passage)]).tolist() == [0]
    assert maxsim(passage, [b"", packed(passage)])[0] == 0
    assert maxsim(passage, []).shape == (0,)


async def test_an_embedder_without_tokens_stays_usable(embedder: Embedder) -> None:
    class Plain:
        name, dimensions = "plain", 2

        async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return np.ones((len(texts), 2), np.float32)

        async def close(self) -> None:
            """Nothing to release."""

    for plain in (Plain(), CachedEmbedder(Plain())):
        embedded = await embed_tokens(plain, ["a", "b"])
        assert embedded.tokens is None
        assert embedded.vectors.shape == (2, 2)
    assert isinstance(embedder, TokenEmbedder)
