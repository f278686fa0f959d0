"""`python -m vigilbot.flywheel.ranking --data ../shared/data/retrieve --cache FOLDER`: how much each path counts.

Every folder of `--data` is ingested into a knowledge base of its own under `--cache` (a set of 50,000 passages takes
most of an hour, once), its questions are searched as the product searches, and each pair of weights is judged by
nDCG@10. Chosen is the pair whose worst set stands highest above its best single path or plain reciprocal ranks; held
out means chosen on the other sets alone. Prints both, with 95 % intervals over the questions, for
`knowledge/ranking/fusion.py` (LEXICAL_SHARE) and `knowledge/rerank/late.py` (share). Nothing is written.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vigilbot.embedding.loading import load_embedder
from vigilbot.evaluation.ablation import RANK_CONSTANT
from vigilbot.evaluation.retrieve import Judged, Query, figures_of, named
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.knowledge.ranking.fusion import DEPTH, Found, in_turn
from vigilbot.knowledge.rerank.late import LateInteraction
from vigilbot.knowledge.search import Search, shelves_of
from vigilbot.knowledge.wordings import wordings_of
from vigilbot.models import EVERYONE
from vigilbot.storage import entries
from vigilbot.storage.database import Database
from vigilbot.storage.lexical import LexicalReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder

    Scores = NDArray[np.float32]


class Weights(NamedTuple):
    """Beside a cosine, which counts 1."""

    words: float
    late: float


GRID = [Weights(*pair) for pair in product((0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0), (0.0, 0.25, 0.5, 0.75, 1.0))]
RESAMPLED = 2000
SEED = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with all that either path found for it. Scores are of shape (wordings, candidates)."""

    query: Query
    grades: Mapping[str, float]
    names: Mapping[str, str]
    """Of the candidates by their column, as the qrels name them."""
    groups: list[list[int]]
    found: Found
    late: Scores

    def ndcg(self, scores: Scores) -> float:
        """Of the ranking by these scores."""
        order = in_turn(scores, self.groups)
        return figures_of(named(map(str, order), self.names, self.query), self.grades)["ndcg@10"]

    def mixed(self, weights: Weights) -> Scores:
        return np.asarray(self.found.cosines + weights.words * self.found.words + weights.late * self.late, np.float32)

    def reciprocal(self) -> Scores:
        """Plain reciprocal ranks."""
        near, said = _places(self.found.cosines), _places(self.found.words)
        return np.asarray(1 / (RANK_CONSTANT + near) + 1 / (RANK_CONSTANT + said), np.float32)


PLAIN: Mapping[str, Callable[[Asked], Scores]] = {
    "dense": lambda asked: asked.found.cosines,
    "lexical": lambda asked: asked.found.words,
    "reciprocal ranks": Asked.reciprocal,
}


class Table(NamedTuple):
    """One set's nDCG@10, question by question."""

    plain: dict[str, NDArray[np.float64]]
    mixed: dict[Weights, NDArray[np.float64]]

    @classmethod
    def of(cls, asked: Sequence[Asked]) -> Table:
        def judged(scores: Callable[[Asked], Scores]) -> NDArray[np.float64]:
            return np.array([one.ndcg(scores(one)) for one in asked])

        return cls(
            {name: judged(path) for name, path in PLAIN.items()},
            {weights: judged(lambda one, weights=weights: one.mixed(weights)) for weights in GRID},  # type: ignore[misc]  # binds this round's weights
        )

    @property
    def best_plain(self) -> NDArray[np.float64]:
        return max(self.plain.values(), key=np.mean)

    def gain(self, weights: Weights) -> float:
        return float(np.mean(self.mixed[weights] - self.best_plain))


def chosen(tables: Iterable[Table]) -> Weights:
    """The pair of weights whose worst set gains most; the first of equals."""
    known = list(tables)
    return max(GRID, key=lambda weights: min(table.gain(weights) for table in known))


def interval(values: NDArray[np.float64], percent: float = 95) -> tuple[float, float]:
    """Where the mean lies in so many per cent of resamplings."""
    chance = np.random.default_rng(SEED)
    means = values[chance.integers(0, len(values), (RESAMPLED, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [(100 - percent) / 2, (100 + percent) / 2])
    return float(low), float(high)


async def asked_of(folder: Path, cache: Path, embedder: Embedder) -> list[Asked]:
    """Ingest what is new, then search every judged question. Raises EvaluationError, KnowledgeError, EmbeddingError."""
    judged = Judged.read(folder)
    db = await Database.open(cache / "ranking.db")
    knowledge = LocalKnowledge(db, embedder, cache / "index")
    words = LexicalReader(db.path)
    try:
        await knowledge.open()
        names = await judged.ingested(knowledge, lambda *_: None)
        late = LateInteraction(db, embedder)
        search = Search(db, embedder, knowledge.serving.index, words, late)
        return [await _asked(search, late, query, judged.grades[query.id], names) for query in judged.queries]
    finally:
        await words.close()
        await knowledge.close()
        await db.close()


async def _asked(
    search: Search, late: LateInteraction, query: Query, grades: Mapping[str, float], names: Mapping[str, str]
) -> Asked:
    everyone = frozenset({EVERYONE})
    wordings = wordings_of(query.question)
    found = await search.found(wordings, shelves_of(everyone), DEPTH)
    ids = [ref.entry_id for ref in found.refs]
    known = await entries.active(search.db, ids, everyone)
    judged = await late.judge(wordings.texts, [known[id_] for id_ in ids])
    nothing = np.zeros_like(found.cosines)
    return Asked(
        query,
        grades,
        {str(at): names[id_] for at, id_ in enumerate(ids)},
        wordings.groups,
        found,
        nothing if judged is None else judged,
    )


def _places(scores: Scores) -> NDArray[np.float64]:
    """Of each candidate for each wording, from 1; beyond DEPTH a path did not find it."""
    places = 1 + np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)
    return np.where((scores > 0) & (places <= DEPTH), places, np.inf)


def report(tables: Mapping[str, Table]) -> str:
    """The table that is printed, one set a line."""
    lines = [
        "set | dense | lexical | reciprocal ranks | held out (weights) | gain held out, 95 % | all sets | no rerank"
    ]
    final = chosen(tables.values())
    for name, table in tables.items():
        others = [other for key, other in tables.items() if key != name]
        weights = chosen(others) if others else final
        low, high = interval(table.mixed[weights] - table.best_plain)
        cells = [
            name,
            *(f"{values.mean():.4f}" for values in table.plain.values()),
            f"{table.mixed[weights].mean():.4f} (words {weights.words:g}, late {weights.late:g})",
            f"{table.gain(weights):+.4f}, {low:+.4f} to {high:+.4f}",
            f"{table.mixed[final].mean():.4f}",
            f"{table.mixed[final._replace(late=0.0)].mean():.4f}",
        ]
        lines.append(" | ".join(cells))
    shares = f"LEXICAL_SHARE = {final.words / (1 + final.words):.4f}, share = {final.late / (1 + sum(final)):.4f}"
    return "\n".join([*lines, f"chosen on all: words {final.words:g}, late {final.late:g}: {shares}\n"])


async def _tables(folders: Sequence[Path], cache: Path) -> dict[str, Table]:
    embedder = await load_embedder("bundled")
    try:
        return {folder.name: Table.of(await asked_of(folder, cache / folder.name, embedder)) for folder in folders}
    finally:
        await embedder.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    given = parser.parse_args()
    folders = sorted(folder for folder in given.data.iterdir() if folder.is_dir())
    for folder in folders:
        (given.cache / folder.name).mkdir(parents=True, exist_ok=True)
    sys.stdout.write(report(asyncio.run(_tables(folders, given.cache))))


if __name__ == "__main__":
    main()
