"""The embedded index on its own: its shelves, and what it says when it fails."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.knowledge.entries import random_vectors
from vigilbot.errors import KnowledgeError
from vigilbot.knowledge.index.embedded import FolderIndex
from vigilbot.models import EVERYONE, Audience
from vigilbot.storage.entries import Ref, Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SHELF = Shelf("document", EVERYONE)
OTHER = Shelf("document", Audience("channel:other"))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[FolderIndex]:
    index = FolderIndex(folder, "test")
    await index.open()
    yield index
    await index.close()


async def test_shelves_never_mix_and_several_are_one_ranking(tmp_path: Path) -> None:
    vectors = random_vectors(40, 32)
    async with opened(tmp_path / "index") as index:
        await index.add(SHELF, [Ref(f"a{n}", 1) for n in range(20)], vectors[:20])
        await index.add(OTHER, [Ref(f"b{n}", 1) for n in range(20)], vectors[20:])
        [alone] = await index.nearest([SHELF], vectors[20:21], 40)
        assert {ref.entry_id[0] for ref, _ in alone} == {"a"}
        [both] = await index.nearest([SHELF, OTHER], vectors[20:21], 40)
        assert both[0][0] == Ref("b0", 1)
        exact = np.sort(vectors @ vectors[20])[::-1]
        assert [cosine for _, cosine in both] == pytest.approx(exact.tolist(), abs=1e-5)
        assert await index.nearest([Shelf("qa", EVERYONE)], vectors[:1], 5) == [[]]


async def test_what_was_not_opened_says_so(tmp_path: Path) -> None:
    index = FolderIndex(tmp_path / "index", "test")
    with pytest.raises(KnowledgeError, match="the index failed: the index is closed"):
        await index.add(SHELF, [Ref("a", 1)], random_vectors(1, 32))
    await index.close()
