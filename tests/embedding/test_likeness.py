"""When two answers are the same answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vigilbot.embedding.likeness import SAME_ANSWER, differ_in_names, likeness

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("Release 10.04 ended in April.", "Release 12.04 ended in April.", True),
        ("Release 10.04 ended in April.", "Release 10.04 ended in May.", False),
        ("Set `VIGIL_PORT` to a number.", "Set `VIGIL_HOST` to an address.", True),
        ("Set `VIGIL_PORT` to a number.", "`VIGIL_PORT` is a number.", False),
        ("Set `VIGIL_PORT` to a number.", "Restart the bot.", False),
        ("See https://example.org/1.2/a", "See https://example.org/3.4/b", False),
        ("Set `keep_days: 0` and reload.", "Set `keep_days` to 0.", False),
        ("Set `keep_days: 0` and reload.", "Set `drop_days: 0` and reload.", True),
        ("Set `keep_days: 0` and reload.", "Set `keep_days=30` and reload.", True),
        ("Set `keep_days: 0` and reload.", "`keep_days=0` it is.", False),
        ("Exit code 3: the lock is held.", "Exit code 5: the lock is held.", True),
        ("Exit code 3: the lock is held.", "With code 3 the lock is held by somebody.", False),
        ("QX-118 means a bad row.", "QX-119 means a bad row.", True),
        ("QX-118 means a bad row.", "A bad row.", False),
        ("It answers 413 after 2 tries.", "It answers 413 after 5 tries.", False),
    ],
)
def test_names_have_a_veto(one: str, other: str, differ: bool) -> None:
    assert differ_in_names(one, other) is differ


async def test_the_same_words_are_the_same_answer_and_another_version_is_not(embedder: Embedder) -> None:
    first, reworded, newer = texts = [
        "To install version 2.1, download the package and run the installer.",
        "Download the package for version 2.1 and run its installer.",
        "To install version 3.0, download the package and run the installer.",
    ]
    vectors = dict(zip(texts, await embedder.embed(texts), strict=True))
    assert likeness(first, vectors[first], reworded, vectors[reworded]) >= SAME_ANSWER
    assert likeness(first, vectors[first], newer, vectors[newer]) == 0.0
