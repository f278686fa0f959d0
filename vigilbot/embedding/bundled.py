"""The bundled encoder, all-MiniLM-L6-v2, at run time: tokenizers and onnxruntime, no torch."""

from __future__ import annotations

import asyncio
import shutil
import sys
from typing import TYPE_CHECKING, Self

import numpy as np
import structlog

from vigilbot.embedding.base import Embedded, Tokens
from vigilbot.embedding.graph import (
    DIMENSIONS,
    MODEL,
    PROBE,
    WEIGHTS_SHA256,
    GraphFolder,
    Manifest,
    bundled_graph,
)
from vigilbot.embedding.lanes import Lanes
from vigilbot.embedding.runtime import Runtime
from vigilbot.embedding.tokens import encode, load_tokenizer
from vigilbot.embedding.tokenvectors import Projection
from vigilbot.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

log = structlog.get_logger(__name__)

NAME = f"{MODEL}@{WEIGHTS_SHA256[:12]}"
EXPORT_SECONDS = 600.0
BATCH_TOKENS = 1024
"""Padded tokens in one run of the graph. More is not faster on a CPU, costs memory, and delays a question beside it."""


class BundledEncoder:
    """Vectors of length 384; a text is read up to its 256th token."""

    def __init__(self, runtime: Runtime, tokenizer: Tokenizer) -> None:
        self._runtime = runtime
        self._tokenizer = tokenizer
        self._projection = Projection(tokenizer)
        self._lanes = Lanes()

    @classmethod
    async def open(cls) -> Self:
        """Load the graph; make it first, in a child process, when it is missing or broken. Raises EmbeddingError."""
        folder = bundled_graph()
        try:
            runtime, tokenizer = await asyncio.to_thread(_load, folder)
        except EmbeddingError as error:
            log.info("encoder_export", reason=str(error), folder=str(folder.path))
            await asyncio.to_thread(shutil.rmtree, folder.path, ignore_errors=True)
            await _export_in_child()
            runtime, tokenizer = await asyncio.to_thread(_load, folder)
        return cls(runtime, tokenizer)

    @property
    def name(self) -> str:
        return NAME

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of shape (len(texts), 384). Raises EmbeddingError."""
        return await self._lanes.run(len(texts), lambda: self._embed(texts))

    async def embed_tokens(self, texts: Sequence[str]) -> Embedded:
        """The same with the vectors of tokens, from the same pass. Raises EmbeddingError."""
        return await self._lanes.run(len(texts), lambda: self._embed_tokens(texts))

    async def close(self) -> None:
        await self._lanes.close()

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        encodings = encode(self._tokenizer, texts)
        for rows in batches([len(encoding) for encoding in encodings]):
            self._lanes.check_open()
            vectors[rows] = self._runtime.embed([encodings[row] for row in rows])
        return vectors

    def _embed_tokens(self, texts: Sequence[str]) -> Embedded:
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        tokens: dict[int, Tokens] = {}
        encodings = encode(self._tokenizer, texts)
        for rows in batches([len(encoding) for encoding in encodings]):
            self._lanes.check_open()
            vectors[rows], hidden = self._runtime.read([encodings[row] for row in rows])
            for row, layer in zip(rows, hidden, strict=True):
                tokens[row] = self._projection.tokens(layer, encodings[row].ids)
        return Embedded(vectors, [tokens[row] for row in range(len(texts))])


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Row numbers in batches of at most BATCH_TOKENS, similar lengths together, so that little padding is computed."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[row] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _load(folder: GraphFolder) -> tuple[Runtime, Tokenizer]:
    manifest = folder.manifest()
    if manifest is None:
        raise EmbeddingError("the encoder's graph is missing or incomplete")
    runtime, tokenizer = Runtime(folder.graph), load_tokenizer()
    _check_probe(runtime.embed(encode(tokenizer, [PROBE]))[0], manifest)
    return runtime, tokenizer


def _check_probe(vector: NDArray[np.float32], manifest: Manifest) -> None:
    if not np.allclose(vector, manifest.probe, atol=1e-3):
        raise EmbeddingError("the encoder's graph is damaged: it no longer gives the vectors it was checked with")


async def _export_in_child() -> None:
    """Run the export where torch may be imported: in a process that ends. Raises EmbeddingError with its last line."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "vigilbot.embedding.export",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(EXPORT_SECONDS):
            _, errors = await child.communicate()
    except TimeoutError:
        raise EmbeddingError(
            f"the encoder's graph was not made within {EXPORT_SECONDS:.0f} s; "
            "run `python -m vigilbot.embedding.export` to see why"
        ) from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        lines = errors.decode("utf-8", "replace").strip().splitlines() or [f"exit code {child.returncode}"]
        raise EmbeddingError(f"the encoder's graph could not be made: {lines[-1]}")
