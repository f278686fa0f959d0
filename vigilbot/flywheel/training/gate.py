"""What decides whether a trained model is offered: questions that it was not trained on, and the golden set.

Marks are only on what was found, so a ranking is judged by how it orders the marked entries alone (Sakai,
"Alternatives to Bpref", 2007: condensed lists): an entry that nobody has judged counts neither for nor against.
Every question is judged by a model trained without its session (FOLDS of them), as the product searches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.flywheel.exports.splits import place_of
from vigilbot.flywheel.ranking import interval

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from vigilbot.flywheel.training.examples import Example
    from vigilbot.flywheel.training.golden import Golden
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.knowledge.tuned.tuning import Tuning

    Make = Callable[[Sequence[Example]], Awaitable[Tuning]]

FOLDS = 5
DEPTH = 75
MOST_JUDGED = 400
"""Questions that are judged; beyond that more change nothing but the time it takes."""
WORSE = 0.01
"""By so much of what it was may recall, or a golden figure, fall."""


SURE = 99
"""Per cent: people train again and again, and one in forty lucky trainings would soon be in use."""
LEAST_GAIN = 0.005
"""In nDCG: less is not worth a change."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found."""

    offered: bool
    reason: str
    figures: Mapping[str, float]


async def judge(
    knowledge: LocalKnowledge,
    examples: Sequence[Example],
    before: Tuning,
    make: Make,
    follow: Callable[[int, int, str], None],
) -> dict[str, float]:
    """How questions held back fare: `ndcg_before ndcg_after gain gain_low gain_high kept_before kept_after judged`."""
    telling = sorted((one for one in examples if one.tells), key=lambda one: place_of(one.id))[:MOST_JUDGED]
    rows: list[tuple[float, float, float, float]] = []
    for fold in range(FOLDS):
        held = [one for one in telling if _fold_of(one) == fold]
        if not held:
            continue
        after = await make([one for one in examples if _fold_of(one) != fold])
        for one in held:
            rows.append((*await _scores(knowledge, one, before), *await _scores(knowledge, one, after)))
            follow(len(rows), len(telling), "Judging what was held back")
    table = np.array(rows, np.float64).reshape(-1, 4)
    gains = table[:, 2] - table[:, 0]
    low, high = interval(gains, SURE) if len(gains) else (0.0, 0.0)
    means = table.mean(axis=0) if len(table) else np.zeros(4)
    names = ("ndcg_before", "kept_before", "ndcg_after", "kept_after")
    figures = {name: float(mean) for name, mean in zip(names, means, strict=True)}
    figures |= {"gain": float(means[2] - means[0]), "gain_low": low, "gain_high": high, "judged": float(len(rows))}
    return {name: round(value, 4) for name, value in figures.items()}


def verdict(figures: Mapping[str, float], golden: tuple[Golden, Golden] | None) -> Verdict:
    """Offered when the gain is sure (its interval lies above 0), counts, and nothing that was found is lost."""
    moved = f"nDCG {figures['ndcg_before']:.3f} → {figures['ndcg_after']:.3f}"
    told = f"{moved} on {figures['judged']:.0f} questions held back"
    interval_ = f"gain {figures['gain']:+.3f}, {SURE} % {figures['gain_low']:+.3f} to {figures['gain_high']:+.3f}"
    all_figures = dict(figures)
    if golden:
        for name in golden[0].figures:
            all_figures |= {
                f"golden_{name}_before": golden[0].figures[name],
                f"golden_{name}_after": golden[1].figures[name],
            }
    if figures["gain_low"] <= 0 or figures["gain"] < LEAST_GAIN:
        return Verdict(False, f"not surely better: {told} ({interval_})", all_figures)
    if figures["kept_after"] < figures["kept_before"] * (1 - WORSE):
        lost = f"{figures['kept_before']:.3f} → {figures['kept_after']:.3f}"
        return Verdict(False, f"it loses relevant passages: {lost} of them within the first {DEPTH}", all_figures)
    if golden and (name := golden[0].lost_by(golden[1], WORSE)):
        fall = f"{golden[0].figures[name]:.3f} → {golden[1].figures[name]:.3f}"
        return Verdict(False, f"worse on the golden set: {name} {fall}", all_figures)
    return Verdict(True, f"better: {told} ({interval_})", all_figures)


async def _scores(knowledge: LocalKnowledge, one: Example, tuning: Tuning) -> tuple[float, float]:
    """nDCG over the marked entries, and the share of the relevant ones within the first DEPTH."""
    search = await knowledge.searching(tuning)
    found = [reference.entry_id for reference in await search.ranked(one.question, one.audiences, DEPTH)]
    return condensed(found, {mark.entry_id: mark.worth for mark in one.marks})


def condensed(ranking: Sequence[str], worths: Mapping[str, float]) -> tuple[float, float]:
    """Of the entries with a worth alone; what was not found stands last, the best of it at the very end."""
    places = {entry_id: at for at, entry_id in enumerate(ranking)}
    missing = sorted((entry_id for entry_id in worths if entry_id not in places), key=lambda entry_id: worths[entry_id])
    order = [*sorted((entry_id for entry_id in worths if entry_id in places), key=places.__getitem__), *missing]
    relevant = [entry_id for entry_id, worth in worths.items() if worth > 0]
    kept = sum(entry_id in places for entry_id in relevant) / len(relevant) if relevant else 1.0
    ideal = _discounted(sorted(worths.values(), reverse=True))
    return (_discounted([worths[entry_id] for entry_id in order]) / ideal if ideal else 1.0), kept


def _discounted(worths: Sequence[float]) -> float:
    return sum(worth / math.log2(rank + 1) for rank, worth in enumerate(worths, 1))


def _fold_of(one: Example) -> int:
    return int(place_of(one.session_id) * FOLDS)
