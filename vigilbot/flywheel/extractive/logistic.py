"""Logistic regression by Newton's method: a few hundred features need nothing larger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

from vigilbot.reasoning.extractive.weights import Head

STEPS = 25
CLOSE_ENOUGH = 1e-6


def fit(features: NDArray[np.float32], labels: NDArray[np.bool_], weights: NDArray[np.float64], penalty: float) -> Head:
    """Minimise the weighted log-loss plus `penalty`/2 · |coefficients|²; the intercept goes free."""
    rows = np.hstack([features.astype(np.float64), np.ones((len(features), 1))])
    ridge = np.full(rows.shape[1], penalty)
    ridge[-1] = 1e-6
    solution = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        predicted = 1 / (1 + np.exp(-np.clip(rows @ solution, -30, 30)))
        gradient = rows.T @ (weights * (predicted - labels)) + ridge * solution
        curvature = (rows * (weights * np.maximum(predicted * (1 - predicted), 1e-6))[:, None]).T @ rows
        step = np.linalg.solve(curvature + np.diag(ridge), gradient)
        solution -= step
        if float(np.abs(step).max()) < CLOSE_ENOUGH:
            break
    return Head(solution[:-1].astype(np.float32), float(solution[-1]))


def probabilities(head: Head, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """One probability a row."""
    logits = features @ head.coefficients + head.intercept
    return 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -30, 30)))


def balanced(labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights under which both classes count the same, with mean 1."""
    positive = max(float(labels.mean()), 1e-9)
    return np.where(labels, 0.5 / positive, 0.5 / max(1 - positive, 1e-9))


def folds_of(groups: list[str], count: int = 5) -> NDArray[np.int64]:
    """A fold for each row, whole groups together, the same on every run."""
    position = {group: index % count for index, group in enumerate(sorted(set(groups)))}
    return np.array([position[group] for group in groups])
