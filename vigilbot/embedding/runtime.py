"""The graph in onnxruntime: token ids to unit vectors. Blocking; call it in a thread."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from vigilbot.embedding.tokens import padded
from vigilbot.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers import Encoding

MOST_THREADS = 8


class Runtime:
    """One inference session. `embed` may run in several threads at once. Raises EmbeddingError."""

    def __init__(self, graph: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(len(os.sched_getaffinity(0)), MOST_THREADS)
        options.log_severity_level = 3
        # Threads that spin while they wait take the core from the event loop, and from each other.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no common base
            raise EmbeddingError(f"{graph}: onnxruntime cannot read it ({error})") from error

    def embed(self, encodings: Sequence[Encoding]) -> NDArray[np.float32]:
        """Unit vectors, one a text: shape (texts, dimensions)."""
        return self.read(encodings)[0]

    def read(self, encodings: Sequence[Encoding]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Unit vectors of the texts, and the last layer behind them: shape (texts, longest text, dimensions)."""
        inputs = padded(encodings)
        try:
            (hidden,) = self._session.run(["tokens"], inputs)
        except Exception as error:  # onnxruntime's errors have no common base
            raise EmbeddingError(f"onnxruntime failed to embed {len(encodings)} texts ({error})") from error
        return unit_means(hidden, inputs["attention_mask"]), hidden


def unit_means(tokens: NDArray[np.float32], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    """Mean of each text's token vectors, padding left out, scaled to length 1: how the model was trained to be read."""
    weights = mask.astype(np.float32)
    sums: NDArray[np.float32] = np.einsum("tld,tl->td", tokens, weights)
    lengths: NDArray[np.float32] = np.linalg.norm(sums, axis=1, keepdims=True)
    return sums / lengths
