"""Text to token ids, for the bundled encoder and for measuring how long a chunk is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from vigilbot.embedding.graph import MAX_TOKENS, model_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tokenizers import Encoding


def load_tokenizer() -> Tokenizer:
    """The bundled encoder's tokenizer: cuts at MAX_TOKENS, does not pad."""
    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Encoding]:
    """Token ids of each text. Half surrogates, which Python allows and UTF-8 does not, become question marks."""
    return tokenizer.encode_batch([text.encode("utf-8", "replace").decode() for text in texts])


def padded(encodings: Sequence[Encoding]) -> dict[str, NDArray[np.int64]]:
    """The graph's inputs, each of shape (texts, longest text)."""
    shape = (len(encodings), max(len(encoding) for encoding in encodings))
    ids = np.zeros(shape, np.int64)
    mask = np.zeros(shape, np.int64)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding)] = encoding.ids
        mask[row, : len(encoding)] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros(shape, np.int64)}
