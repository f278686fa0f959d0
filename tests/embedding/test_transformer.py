"""Other models through sentence-transformers: the packaged model folder stands for any a user may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from vigilbot.embedding.graph import model_folder
from vigilbot.embedding.loading import load_embedder
from vigilbot.errors import EmbeddingError

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.embedding.base import Embedder


async def test_a_model_folder_is_loaded_and_named(embedder: Embedder) -> None:
    other = await load_embedder(str(model_folder()))
    texts = ["short", "a longer text " * 30, *(f"number {n}" for n in range(40))]

    vectors = await other.embed(texts)

    assert (other.name, other.dimensions) == (str(model_folder()), 384)
    assert np.allclose(np.sum(vectors * await embedder.embed(texts), axis=1), 1, atol=1e-3)
    await other.close()


async def test_an_unknown_model_is_one_line_that_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "config.json").write_text("{}")

    for model in ("no-such-owner/no-such-model", str(tmp_path)):
        with pytest.raises(EmbeddingError) as caught:
            await load_embedder(model)
        assert str(caught.value).startswith(f"VIGIL_EMBEDDING_MODEL={model}: cannot be loaded")
        assert "\n" not in str(caught.value)
