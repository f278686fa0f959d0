"""Scores by the question's length: they compare between questions, and unknown words make the known ones count less."""

from __future__ import annotations

import math

import pytest

from vigilbot.storage.entries import Ref
from vigilbot.storage.rarity import comparable, rarity

HITS = [(7, Ref("a", 1), 6.0), (9, Ref("b", 1), 3.0)]


def test_the_rarer_a_word_the_more_it_tells_and_none_tells_less_than_nothing() -> None:
    told = [rarity(holders, 100) for holders in (0, 1, 10, 50, 100)]

    assert told == sorted(told, reverse=True)
    assert told[-1] > 0


def test_scores_are_divided_by_the_length_of_the_question() -> None:
    whole = math.hypot(rarity(2, 100), rarity(30, 100))

    assert [score for _, _, score in comparable(HITS, [2, 30], 2, 100)] == pytest.approx([6 / whole, 3 / whole])


def test_words_that_no_entry_holds_make_the_others_count_less() -> None:
    known, mostly_unknown = comparable(HITS, [2], 1, 100), comparable(HITS, [2], 5, 100)

    assert [(seq, ref) for seq, ref, _ in mostly_unknown] == [(seq, ref) for seq, ref, _ in known]
    assert mostly_unknown[0][2] < known[0][2] / 2


def test_no_hits_stay_none() -> None:
    assert comparable([], [], 3, 100) == []
