"""The committed weights: small, described, read without training libraries."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from vigilbot.errors import ReasonerError
from vigilbot.reasoning.extractive import weights
from vigilbot.reasoning.extractive.asking import features
from vigilbot.reasoning.extractive.cues import NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.embedding.base import Embedder


async def test_they_fit_the_features_and_the_encoder(embedder: Embedder) -> None:
    loaded = weights.load()
    [vector] = await embedder.embed(["hello"])
    assert loaded.encoder == embedder.name
    assert len(features("hello", (), vector)) == len(loaded.asking.coefficients) == len(NAMES) + embedder.dimensions
    assert loaded.anchors.shape == (len(loaded.anchor_texts), embedder.dimensions)
    assert "Trained by" in loaded.card
    assert weights.FILE.stat().st_size < 2_000_000


def test_reading_them_needs_neither_torch_nor_scikit_learn() -> None:
    code = (
        "import sys; from vigilbot.reasoning.extractive import weights; weights.load(); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'sklearn', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_damaged_file_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "weights.npz"
    file.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(ReasonerError, match=r"weights\.npz: .* cannot be read"):
        weights.load(file)
