"""The training code on small input: the optimiser, the labels, the kept vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.flywheel.extractive import turns
from vigilbot.flywheel.extractive.logistic import balanced, fit, folds_of, probabilities
from vigilbot.flywheel.extractive.own import own_documentation, own_questions
from vigilbot.flywheel.extractive.rewriting import merged
from vigilbot.flywheel.extractive.vectors import Vectors

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def test_the_optimiser_finds_the_weights_that_made_the_labels() -> None:
    chance = np.random.default_rng(0)
    rows = chance.normal(size=(4000, 3)).astype(np.float32)
    true = np.array([2.0, -1.0, 0.0])
    labels = chance.random(4000) < 1 / (1 + np.exp(-(rows @ true + 0.5)))
    head = fit(rows, labels, np.ones(4000), penalty=0.01)
    assert np.allclose(head.coefficients, true, atol=0.2)
    assert abs(head.intercept - 0.5) < 0.2
    assert ((probabilities(head, rows) > 0.5) == labels).mean() > 0.75


def test_balanced_weights_make_both_classes_count_the_same() -> None:
    labels = np.array([True] + [False] * 9)
    weight = balanced(labels)
    assert weight[labels].sum() == weight[~labels].sum() == 5.0


def test_a_group_never_stands_in_two_folds() -> None:
    groups = ["a", "b", "a", "c", "b", "d", "e", "f"]
    fold = folds_of(groups, 3)
    assert all(len({fold[row] for row, name in enumerate(groups) if name == group}) == 1 for group in groups)


def test_mid_dialogue_labels_are_both_kinds_and_the_same_every_time() -> None:
    found = turns.mid_dialogue(DATA / "extract" / "irc.dev.jsonl.gz", 0.5, seed=1)
    assert found == turns.mid_dialogue(DATA / "extract" / "irc.dev.jsonl.gz", 0.5, seed=1)
    assert {turn.asks for turn in found} == {True, False}
    assert len(found) <= turns.MOST_STATEMENTS + turns.MOST_FOLLOW_UPS


def test_every_own_question_names_headings_that_exist() -> None:
    headings = [heading for heading, _ in own_documentation()]
    for question in own_questions():
        if question.answered_by:
            assert any(part in heading for part in question.answered_by for heading in headings), question.text


async def test_vectors_are_kept_between_runs(embedder: Embedder, tmp_path: Path) -> None:
    file = tmp_path / "vectors.npz"
    first = Vectors(embedder, file)
    expected = await first.of(["one", "two", "one"])
    first.save()
    again = Vectors(embedder, file)
    assert np.array_equal(await again.of(["one", "two", "one"]), expected)
    assert np.array_equal(expected[0], expected[2])


def test_wordings_are_merged_in_turn_and_ordered_by_their_best_cosine() -> None:
    cosines = np.array([[0.9, 0.8, 0.7, 0.1], [0.1, 0.2, 0.3, 0.95]], dtype=np.float32)
    assert merged(cosines, 2) == [3, 0]
    assert merged(cosines[:1], 2) == [0, 1]
