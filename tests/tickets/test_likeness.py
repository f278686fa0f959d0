"""Statements about one problem are liker than others, however many are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from vigilbot.tickets.likeness import SAME_PROBLEM, Stated, Words, candidates, cosine, mixed

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder

FAILING = "Sign-in to the portal fails with error E503 for all users"
AGAIN = "Nobody can sign in, the portal shows error E503"
OTHERS = ["The invoice export is empty", "Webhooks arrive twice", "Search finds nothing since the update"]


async def stated(embedder: Embedder, *texts: str) -> list[Stated]:
    return [Stated(text, vector) for text, vector in zip(texts, await embedder.embed(texts), strict=True)]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("more", [0, 40])
async def test_the_same_problem_comes_first_and_alone_reaches_the_threshold(embedder: Embedder, more: int) -> None:
    filling = [f"Report number {number} shows the wrong total" for number in range(more)]
    [asked, *known] = await stated(embedder, AGAIN, *OTHERS, *filling, FAILING)
    first, *rest = candidates(asked, known)
    assert known[first.at].text == FAILING
    assert first.likeness >= SAME_PROBLEM
    assert all(one.likeness < SAME_PROBLEM for one in rest)
    assert [one.likeness for one in rest] == sorted((one.likeness for one in rest), reverse=True)


@pytest.mark.asyncio(loop_scope="session")
async def test_nothing_known_and_nothing_said(embedder: Embedder) -> None:
    [empty, asked] = await stated(embedder, " ", AGAIN)
    assert candidates(asked, []) == []
    assert candidates(empty, [asked])[0].likeness < SAME_PROBLEM


def test_an_error_code_tells_more_than_a_little_word() -> None:
    words = Words(OTHERS)
    code, little = words.weighed("with E503"), words.weighed("with E777")
    assert cosine(code, words.weighed("E503")) > 0.9
    assert cosine(code, little) < 0.1


def test_a_likeness_lies_between_nothing_and_one() -> None:
    for meaning in np.linspace(-1, 1, 9):
        for words in np.linspace(0, 1, 5):
            assert 0 <= mixed(float(meaning), float(words)) <= 1
    assert mixed(0.9, 0.0) > mixed(0.5, 0.0)
    assert mixed(0.5, 0.4) > mixed(0.5, 0.1)
