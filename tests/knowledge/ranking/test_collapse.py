"""Near-duplicates: what is the same passage, and what only looks like it."""

from __future__ import annotations

import numpy as np
import pytest

from vigilbot.knowledge.ranking.collapse import collapsed
from vigilbot.models import Reference

ALIKE = np.array([1, 0], np.float32)


def passage(id_: str, text: str) -> Reference:
    return Reference(id_, 1, "document", "", text, "", 0.5)


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        ("Restart the node.", "restart  the node.", ["a"]),
        ("Restart the node.", "Please restart the node.", ["a"]),
        ("Error 12 means no space.", "Error 13 means no space.", ["a", "b"]),
        ("10.04 came in April.", "12.04 came in April.", ["a", "b"]),
    ],
    ids=["the same words", "nearly the same", "other numbers", "other versions"],
)
def test_of_near_duplicates_the_better_one_stays(one: str, other: str, kept: list[str]) -> None:
    found = collapsed([passage("a", one), passage("b", other)], {"a": ALIKE, "b": ALIKE}, 5)
    assert [reference.entry_id for reference in found] == kept


def test_passages_far_apart_all_stay_up_to_the_limit() -> None:
    vectors = dict(zip("abc", np.eye(3, dtype=np.float32), strict=True))
    found = collapsed([passage(name, name) for name in "abc"], vectors, 2)
    assert [reference.entry_id for reference in found] == ["a", "b"]
