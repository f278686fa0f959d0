"""One row a set and seed, one a set over all seeds, and the learning curve: what more marks bring."""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.flywheel.building import library
from vigilbot.embedding.loading import load_embedder
from vigilbot.evaluation.retrieve import DEPTH, SPARE, figures_of, named
from vigilbot.flywheel.ranking import interval
from vigilbot.flywheel.training import trainer
from vigilbot.flywheel.training.examples import Example, Mark
from vigilbot.flywheel.training.training import tried
from vigilbot.knowledge.tuned.tuning import UNTUNED
from vigilbot.models import EVERYONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from benchmarks.flywheel.building import Library
    from vigilbot.evaluation.retrieve import Query
    from vigilbot.knowledge.tuned.tuning import Tuning
    from vigilbot.models import ModelKind

NOISE = 0.1
MARKED = 8
"""References of a question that the analysts judge."""
HALF = 0.5
SHARES = (0.1, 0.25, 0.5, 0.75)
TOLD = ("recall@75", "precision@8", "ndcg@10")
PAPER = {"recall@75": 11.7, "precision@8": 14.8}
ALL = frozenset({EVERYONE})

Figures = dict[str, object]
Scores = dict[str, "NDArray[np.float64]"]
"""By figure, question by question."""


def measure(*options: str) -> Iterator[Figures]:
    """`--sets mtrag,ubuntu_factoids --seeds 3 --no-curve`. Gains are in per cent of what was there before."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks flywheel")
    parser.add_argument("--sets", default="mtrag,ubuntu_factoids,aws_pages")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--no-curve", action="store_true")
    asked = parser.parse_args(options)
    for name in asked.sets.split(","):
        yield from asyncio.run(_of_set(name, range(asked.seeds), curve=not asked.no_curve))


async def _of_set(name: str, seeds: Sequence[int], *, curve: bool) -> list[Figures]:
    embedder = await load_embedder("bundled")
    try:
        async with library(name, embedder) as lib:
            untuned = {query.id: await _scored(lib, query, UNTUNED) for query in lib.judged.queries}
            marks = [await _marked(lib, seed) for seed in seeds]
            rows: list[Figures] = []
            turned = [await _turn(lib, seed, found, untuned, rows) for seed, found in zip(seeds, marks, strict=True)]
            rows.append(_summary(lib, untuned, turned))
            runs = list(zip(seeds, marks, strict=True))
            return [*rows, *[await _point(lib, share, runs, untuned) for share in SHARES if curve]]
    finally:
        await embedder.close()


async def _marked(lib: Library, seed: int) -> list[Example]:
    """What analysts say of the first references of every question, wrong with NOISE."""
    chance = np.random.default_rng(seed)
    found = []
    for query in lib.judged.queries:
        references = await lib.knowledge.search(query.question, audiences=ALL, limit=MARKED)
        grades = lib.judged.grades[query.id]
        right = [grades.get(lib.names[one.entry_id], 0.0) > 0 for one in references]
        said = [truth != (chance.random() < NOISE) for truth in right]
        marks = tuple(Mark(one.entry_id, float(yes)) for one, yes in zip(references, said, strict=True))
        found.append(Example(query.id, _session_of(query.id), query.question, ALL, marks))
    return found


def _session_of(query_id: str) -> str:
    """Questions of one dialogue of mtrag are taught or asked together."""
    return query_id.partition("<::>")[0]


def _parted(examples: Sequence[Example], share: float, seed: int) -> tuple[list[Example], list[str]]:
    """Whole sessions to teach with, and the other questions to ask."""
    names = sorted({one.session_id for one in examples})
    taught = set(np.random.default_rng(seed).permutation(names)[: round(share * len(names))].tolist())
    return (
        [one for one in examples if one.session_id in taught],
        [one.id for one in examples if one.session_id not in taught],
    )


async def _turn(
    lib: Library, seed: int, marked: Sequence[Example], untuned: Mapping[str, Mapping[str, float]], rows: list[Figures]
) -> dict[str, list[Scores]]:
    """Once round: teach with half, train both models, ask the other half. Adds a row; the gains by variant."""
    taught, asked = _parted(marked, HALF, seed)
    began = time.perf_counter()
    retriever = await tried(lib.knowledge, taught, "retriever", UNTUNED, seed, 1)
    offered = retriever.tuning if retriever.verdict.offered else UNTUNED
    reranker = await tried(lib.knowledge, taught, "reranker", offered, seed, 2)
    seconds = time.perf_counter() - began
    both = retriever.tuning._replace(head=reranker.tuning.head)
    offered = reranker.tuning if reranker.verdict.offered else offered
    variants = {"retriever": retriever.tuning, "both": both, "as offered": offered}
    gains = {variant: await _gains(lib, asked, tuning, untuned) for variant, tuning in variants.items()}
    rows.append(
        {
            "set": lib.name,
            "seed": seed,
            "taught": len(taught),
            "marks": sum(len(one.marks) for one in taught),
            "asked": len(asked),
            "train_seconds": round(seconds, 1),
            "load": round(os.getloadavg()[0], 1),
            "offered": [kind for kind, part in zip(("retriever", "reranker"), offered, strict=True) if part],
            "why": [retriever.verdict.reason, reranker.verdict.reason],
            "gain_percent": {variant: _percent(one, asked, untuned) for variant, one in gains.items()},
        }
    )
    return {variant: [one] for variant, one in gains.items()}


async def _point(
    lib: Library, share: float, runs: Sequence[tuple[int, list[Example]]], untuned: Mapping[str, Mapping[str, float]]
) -> Figures:
    """One point of the learning curve: both models trained with this share, ungated, the rest asked."""
    gains: list[dict[str, float]] = []
    taught_count = 0
    for seed, marked in runs:
        taught, asked = _parted(marked, share, seed)
        taught_count = len(taught)
        tuning = UNTUNED
        kinds: tuple[ModelKind, ...] = ("retriever", "reranker")
        for version, kind in enumerate(kinds, 1):
            material = await trainer.read(lib.knowledge, taught, kind, tuning, seed, lambda *_: None)
            tuning = trainer.trained(kind, taught, material, tuning, seed, version)
        gains.append(_percent(await _gains(lib, asked, tuning, untuned), asked, untuned))
    return {
        "set": lib.name,
        "curve": share,
        "taught": taught_count,
        "gain_percent": {name: round(fmean(one[name] for one in gains), 2) for name in TOLD},
    }


async def _gains(
    lib: Library, asked: Sequence[str], tuning: Tuning, untuned: Mapping[str, Mapping[str, float]]
) -> Scores:
    queries = [query for query in lib.judged.queries if query.id in set(asked)]
    after = {query.id: await _scored(lib, query, tuning) for query in queries} if tuning != UNTUNED else untuned
    return {name: np.array([after[id_][name] - untuned[id_][name] for id_ in asked]) for name in TOLD}


async def _scored(lib: Library, query: Query, tuning: Tuning) -> dict[str, float]:
    search = await lib.knowledge.searching(tuning)
    found = await search.ranked(query.question, ALL, DEPTH * SPARE)
    grades = lib.judged.grades[query.id]
    return figures_of(named((one.entry_id for one in found), lib.names, query), grades)


def _percent(gains: Scores, asked: Sequence[str], untuned: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {
        name: round(100 * float(gains[name].mean()) / fmean(untuned[id_][name] for id_ in asked), 2) for name in TOLD
    }


def _summary(
    lib: Library, untuned: Mapping[str, Mapping[str, float]], turned: Sequence[Mapping[str, list[Scores]]]
) -> Figures:
    """Over all seeds, with 95 % intervals; and the most that could be gained: all that is relevant, in front."""
    before = {name: fmean(one[name] for one in untuned.values()) for name in TOLD}
    best = {
        "recall@75": 1.0,
        "precision@8": fmean(
            min(8, len([g for g in grades.values() if g > 0])) / 8 for grades in lib.judged.grades.values()
        ),
        "ndcg@10": 1.0,
    }
    told: dict[str, object] = {}
    for variant in turned[0]:
        pooled = {name: np.concatenate([one[variant][0][name] for one in turned]) for name in TOLD}
        told[variant] = {
            name: [round(100 * value / before[name], 2) for value in (float(gains.mean()), *interval(gains))]
            for name, gains in pooled.items()
        }
    return {
        "set": lib.name,
        "seeds": len(turned),
        "before": {name: round(value, 4) for name, value in before.items()},
        "most_possible_percent": {name: round(100 * (best[name] / before[name] - 1), 1) for name in TOLD},
        "gain_percent_low_high": told,
        "paper_percent": PAPER,
    }
