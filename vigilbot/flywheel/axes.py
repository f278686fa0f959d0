"""`python -m vigilbot.flywheel.axes --data ../shared/data`: the axes on which token vectors are kept.

The principal axes of what the encoder makes of the telling words of some passages, turned at random among themselves,
so that no axis varies more than another and one scale fits all. Holds no text. About a minute.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.graph import bundled_graph
from vigilbot.embedding.runtime import Runtime
from vigilbot.embedding.stopwords import STOP_WORDS
from vigilbot.embedding.tokens import encode, load_tokenizer
from vigilbot.embedding.tokenvectors import AXES, DIMENSIONS
from vigilbot.knowledge.ingest.corpus import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

PASSAGES = 400
"""Of each set: more changes nothing."""

SEED = 0
TURN_SEED = 1


def axes_of(texts: Sequence[str]) -> NDArray[np.float32]:
    """The axes as columns, shape (384, DIMENSIONS). Raises EmbeddingError."""
    runtime, tokenizer = Runtime(bundled_graph().graph), load_tokenizer()
    vectors = np.concatenate([_telling(text, runtime, tokenizer) for text in texts])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    turn, _ = np.linalg.qr(np.random.default_rng(TURN_SEED).standard_normal((DIMENSIONS, DIMENSIONS)))
    found: NDArray[np.float32] = (axes[:, ::-1][:, :DIMENSIONS] @ turn).astype(np.float32)
    return found


def _telling(text: str, runtime: Runtime, tokenizer: Tokenizer) -> NDArray[np.float32]:
    [encoding] = encode(tokenizer, [text])
    _, hidden = runtime.read([encoding])
    words = [any(map(str.isalnum, piece)) and piece not in STOP_WORDS for piece in encoding.tokens]
    words[0] = words[-1] = False
    found: NDArray[np.float32] = hidden[0][words]
    return found


def _some_texts(folder: Path, chance: np.random.Generator) -> list[str]:
    [path] = folder.glob("corpus.jsonl*")
    texts = [f"{row.content.title}\n{row.content.text}".strip() for row in rows(path, folder.name)]
    chosen = chance.choice(len(texts), min(PASSAGES, len(texts)), replace=False)
    return [texts[at] for at in sorted(chosen)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=AXES)
    given = parser.parse_args()
    chance = np.random.default_rng(SEED)
    texts = [text for folder in sorted((given.data / "retrieve").iterdir()) for text in _some_texts(folder, chance)]
    np.save(given.out, axes_of(texts).astype(np.float16))


if __name__ == "__main__":
    main()
