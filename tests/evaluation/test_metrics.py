"""Figures against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vigilbot.evaluation.metrics import classification, interval


def test_figures_of_a_small_example() -> None:
    found = classification(["a", "a", "a", "b"], ["a", "a", "b", "b"])
    assert found.accuracy == 0.75
    assert found.per_class["a"].precision == 1.0
    assert found.per_class["a"].recall == pytest.approx(2 / 3)
    assert found.per_class["b"].precision == 0.5
    assert found.balanced_accuracy == pytest.approx((2 / 3 + 1) / 2)
    assert found.precision_weighted == pytest.approx(0.75 * 1.0 + 0.25 * 0.5)
    assert found.f1_weighted == pytest.approx(0.75 * 0.8 + 0.25 * 2 / 3)
    assert found.confusion == {"a": {"a": 2, "b": 1}, "b": {"a": 0, "b": 1}}


def test_a_label_that_never_occurs_does_not_count_as_a_class() -> None:
    found = classification(["a", "a"], ["a", "c"])
    assert found.balanced_accuracy == 0.5
    assert found.per_class["c"].support == 0


def test_an_interval_encloses_the_figure_and_narrows_with_cases() -> None:
    def width(cases: int) -> float:
        right = np.arange(cases) % 4 > 0
        low, high = interval(lambda rows: float(right[rows].mean()), cases)
        assert low <= 0.75 <= high
        return high - low

    assert width(1000) < width(40)
