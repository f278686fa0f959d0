"""Entries to put into a knowledge base, and vectors that need no encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vigilbot.models import EVERYONE, Audience, EntryStatus
from vigilbot.storage.entries import Change, Content, NewVersion, Shelf

if TYPE_CHECKING:
    from numpy.typing import NDArray

BY = Change("tester", "for a test", 1_700_000_000.0)


def document(
    id_: str, text: str, *, title: str = "", audience: Audience = EVERYONE, status: EntryStatus = "active"
) -> NewVersion:
    return NewVersion(id_, Shelf("document", audience), Content(title, text, f"{id_}.md"), status)


def pair(id_: str, question: str, answer: str, audience: Audience = EVERYONE) -> NewVersion:
    return NewVersion(id_, Shelf("qa", audience), Content("", answer, f"{id_}.md", question))


def random_vectors(count: int, dimensions: int, seed: int = 0) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths
