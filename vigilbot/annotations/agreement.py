"""How far analysts agree where several have judged the same thing: what a label can be worth at most."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from vigilbot.models import Adoption, Preference, Relevance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vigilbot.models import Annotation, AnnotationKind

Judged = tuple[str, ...]
"""What was judged: a turn, or one passage of it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far analysts agree on one kind of label."""

    pairs: int
    """Two analysts' labels on one thing, every two of them."""
    equal: float
    """Share of the pairs that are equal, 0 to 1; 0 without pairs."""
    alpha: float | None
    """Krippendorff's α for nominal labels: 1 perfect, 0 as by chance; None where only one label was ever given."""


def agreement(said: Iterable[Annotation]) -> dict[AnnotationKind, Agreement]:
    """Agreement by kind of annotation. Missing knowledge is free text, so it is not compared."""
    labels: dict[AnnotationKind, dict[Judged, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for annotation in said:
        for judged, label in _labels(annotation):
            labels[annotation.kind][judged][annotation.analyst] = label
    return {kind: _agreement([list(each.values()) for each in things.values()]) for kind, things in labels.items()}


def _labels(annotation: Annotation) -> Iterator[tuple[Judged, str]]:
    match annotation.statement:
        case Adoption(use=use):
            yield (annotation.turn_id,), use
        case Preference() as preference:
            chosen = preference.chosen
            yield (annotation.turn_id,), chosen.variant if chosen else "tie"
        case Relevance(references=references):
            for judged in references:
                yield (annotation.turn_id, str(judged.number)), judged.grade


def _agreement(things: list[list[str]]) -> Agreement:
    """Krippendorff, Content Analysis (2004), chapter 11: observed against expected disagreement."""
    shared = [labels for labels in things if len(labels) > 1]
    pairs = [pair for labels in shared for pair in combinations(labels, 2)]
    if not pairs:
        return Agreement(0, 0.0, None)
    equal = sum(one == other for one, other in pairs) / len(pairs)
    totals = Counter(label for labels in shared for label in labels)
    number = totals.total()
    expected = 1 - sum(count * (count - 1) for count in totals.values()) / (number * (number - 1))
    observed = sum(_disagreement(labels) for labels in shared) / number
    return Agreement(len(pairs), equal, 1 - observed / expected if expected else None)


def _disagreement(labels: list[str]) -> float:
    """Of one thing: the share of unlike ordered pairs, weighted by how many have judged it."""
    counts = Counter(labels)
    unlike = len(labels) ** 2 - sum(count**2 for count in counts.values())
    return unlike / (len(labels) - 1)
