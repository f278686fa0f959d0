"""What each path and each step of a search is worth: the same candidates, ordered by one of them alone.

A reference's `scores` say where each path placed it, so one search tells all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from vigilbot.models import Reference

Order = Callable[[Sequence[Reference]], list[Reference]]

RANK_CONSTANT = 60
"""Of plain reciprocal-rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009)."""


def _placed_by(path: str) -> Order:
    """Only what this path found, in its order."""
    return lambda found: sorted((one for one in found if path in one.scores), key=lambda one: one.scores[path])


def _reciprocal(reference: Reference) -> float:
    places = [reference.scores[path] for path in ("dense_rank", "lexical_rank") if path in reference.scores]
    return sum(1 / (RANK_CONSTANT + place) for place in places)


ORDERS: Mapping[str, Order] = {
    "dense": _placed_by("dense_rank"),
    "lexical": _placed_by("lexical_rank"),
    "plain reciprocal ranks": lambda found: sorted(found, key=_reciprocal, reverse=True),
    "fused": lambda found: sorted(found, key=lambda one: one.scores["fused"], reverse=True),
    "reranked": list,
}


def contribution(found: Mapping[str, Sequence[Reference]], best: int) -> dict[str, float]:
    """Of the `best` first references of each query, the share that one path alone had among its own `best`, or both."""
    ways = [_way(reference, best) for references in found.values() for reference in references[:best]]
    return {way: round(fmean(one == way for one in ways), 4) if ways else 0.0 for way in WAYS}


WAYS = ("dense alone", "lexical alone", "both", "neither's best")


def _way(reference: Reference, best: int) -> str:
    dense, lexical = (reference.scores.get(path, best + 1) <= best for path in ("dense_rank", "lexical_rank"))
    return WAYS[2] if dense and lexical else WAYS[0] if dense else WAYS[1] if lexical else WAYS[3]


def side_by_side(paths: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The figures of `eval retrieve --ablate` as a table, a path or step a row; under it what each path contributed."""
    rows = {path: row for path, row in paths.items() if path != "contribution"}
    figures = [name for name in next(iter(rows.values())) if name != "n"]
    width = max(map(len, rows))
    lines = [" " * width + "".join(f"{name:>13}" for name in figures)]
    lines += [f"{path:<{width}}" + "".join(f"{row[name]:13.4f}" for name in figures) for path, row in rows.items()]
    shares = ", ".join(f"{share:.1%} {way}" for way, share in paths["contribution"].items())
    return [*lines, f"of the ten best: {shares}"]
