"""The bundled encoder against torch, and what happens when its graph is missing or broken."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from vigilbot.embedding.bundled import BATCH_TOKENS, BundledEncoder, batches
from vigilbot.embedding.graph import bundled_graph, model_folder
from vigilbot.embedding.loading import load_embedder
from vigilbot.errors import EmbeddingError

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.embedding.base import Embedder

TEXTS = [
    "How do I rotate the access key of a service account?",
    "ok",
    "kubectl get pods shows CrashLoopBackOff, exit code 137, after the limit was lowered to 128Mi. " * 10,
    "",
    "Wie setze ich mein Passwort zurück? 重置密码 🔑",
    "a text far longer than the encoder reads " * 400,
]


async def test_vectors_are_those_of_sentence_transformers(embedder: Embedder) -> None:
    torch_vectors = SentenceTransformer(str(model_folder())).encode(TEXTS, normalize_embeddings=True)

    vectors = await embedder.embed(TEXTS)

    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.sum(vectors * torch_vectors, axis=1).min() > 0.9999
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


async def test_order_and_batching_do_not_change_a_vector(embedder: Embedder) -> None:
    texts = [f"question {n} about volumes" + " and snapshots" * (n % 40) for n in range(60)]

    together = await embedder.embed(texts)

    alone = np.concatenate([await embedder.embed([text]) for text in texts[::7]])
    assert np.allclose(together[::7], alone, atol=1e-5)


async def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert (await embedder.embed([])).shape == (0, embedder.dimensions)


async def test_half_surrogates_are_embedded_like_any_text(embedder: Embedder) -> None:
    assert np.isfinite(await embedder.embed(["broken \ud83d emoji"])).all()


def test_batches_hold_similar_lengths_and_every_row_once() -> None:
    lengths = [256, 3, 90, 256, 256, 3, 256, 12, 256]

    found = list(batches(lengths))

    assert sorted(row for batch in found for row in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[row] for row in batch) <= BATCH_TOKENS for batch in found)
    assert [lengths[row] for batch in found for row in batch] == sorted(lengths)


async def test_a_question_does_not_queue_behind_an_ingest(embedder: Embedder) -> None:
    bulk = asyncio.create_task(embedder.embed([f"{n} " + "a long passage about nothing " * 60 for n in range(64)]))
    await asyncio.sleep(0.1)
    began = time.perf_counter()

    await embedder.embed(["where are the logs of a stopped task, asked beside an ingest?"])

    assert time.perf_counter() - began < 0.5
    assert not bulk.done()
    await bulk


async def test_closing_ends_bulk_work_early() -> None:
    encoder = await BundledEncoder.open()
    bulk = asyncio.create_task(encoder.embed([f"{n} " + "a long passage about nothing " * 60 for n in range(2000)]))
    await asyncio.sleep(0.1)

    await encoder.close()

    with pytest.raises(EmbeddingError, match="closed"):
        await bulk
    with pytest.raises(EmbeddingError, match="closed"):
        await encoder.embed(["too late"])


def test_torch_never_enters_the_process() -> None:
    program = (
        "import asyncio, sys\n"
        "from vigilbot.embedding.loading import load_embedder\n"
        "async def main():\n"
        "    encoder = await load_embedder('bundled')\n"
        "    await encoder.embed(['a question'])\n"
        "    await encoder.close()\n"
        "asyncio.run(main())\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'onnx'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


async def test_a_missing_graph_is_exported_and_a_broken_one_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = await load_embedder("bundled")
    expected = await first.embed(TEXTS)
    await first.close()
    graph = bundled_graph().graph
    assert graph.is_relative_to(tmp_path)
    content = bytearray(graph.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4_000_000] = bytes(4_000_000)
    graph.write_bytes(content)  # same length: only its answers give it away

    second = await load_embedder("bundled")

    assert np.allclose(await second.embed(TEXTS), expected, atol=1e-6)
    await second.close()
    assert [path.name for path in graph.parent.parent.glob("making-*")] == []


async def test_a_cache_that_cannot_be_written_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))

    with pytest.raises(EmbeddingError, match="XDG_CACHE_HOME"):
        await load_embedder("bundled")
