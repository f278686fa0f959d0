"""A trained model as a file: arrays in numpy's own format, and nothing that could run."""

from __future__ import annotations

import io
from hashlib import sha256
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from vigilbot.errors import FlywheelError
from vigilbot.knowledge.tuned.tuning import Adapter, Head

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from vigilbot.models import TrainedModel

FOLDER = "models"
"""Beside the database."""


def path_of(folder: Path, kind: str, version: int) -> Path:
    return folder / f"{kind}-{version}.npz"


def written(folder: Path, model: Adapter | Head) -> str:
    """Write the model's file; its digest. Raises FlywheelError."""
    kind, arrays = _arrays(model)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    content, path = buffer.getvalue(), path_of(folder, kind, model.version)
    scratch = path.with_suffix(".partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(content)
        scratch.replace(path)
    except OSError as error:
        raise FlywheelError(f"{path}: cannot be written ({error.strerror or error})") from None
    return sha256(content).hexdigest()


def read(folder: Path, model: TrainedModel, dimensions: int) -> Adapter | Head:
    """Raises FlywheelError in one line when the file is missing, damaged, or not the one that was trained."""
    path = path_of(folder, model.kind, model.version)
    try:
        content = path.read_bytes()
        if sha256(content).hexdigest() != model.sha256:
            raise FlywheelError(f"{path}: is not the file that was trained; switch back, or train again")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _model(model, arrays, dimensions)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise FlywheelError(f"{path}: cannot be read ({error}); switch back, or train again") from None


def _arrays(model: Adapter | Head) -> tuple[str, dict[str, NDArray[np.float32]]]:
    if isinstance(model, Adapter):
        return "retriever", {"down": model.down, "up": model.up}
    return "reranker", {"weights": model.weights}


def _model(model: TrainedModel, arrays: Mapping[str, NDArray[np.float32]], dimensions: int) -> Adapter | Head:
    if model.kind == "reranker":
        return Head(model.version, _checked(arrays["weights"], (4,)))
    rank = arrays["down"].shape[-1]
    down, up = _checked(arrays["down"], (dimensions, rank)), _checked(arrays["up"], (rank, dimensions))
    return Adapter(model.version, down, up)


def _checked(array: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError(f"holds numbers of shape {array.shape} where {shape} are needed, or none")
    return array.astype(np.float32)
