"""`vigilbot eval duplicates FILE`: are tickets about one problem found, told from others, and joined well?"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.evaluation.cases import read_cases, text_of
from vigilbot.tickets.likeness import LONGEST, SAME_PROBLEM, Stated, Words, candidates, cosine, mixed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder
    from vigilbot.evaluation.cases import Row
    from vigilbot.reasoning.base import TriageReasoner

FOUND_AMONG = 10
STEP = 0.02
BATCH = 32
ISO = "ISO 8601"
TIMES = (ISO, "%d/%b/%y %H:%M")
"""The second as Jira exports it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """`group` is empty where nobody marked it, which does not mean that it has no duplicate."""

    id: str
    text: str
    group: str
    time: float


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Of the pairs of marked tickets: which were called one problem, and which are."""

    threshold: float
    precision: float
    recall: float
    f1: float


async def evaluate(
    path: Path,
    embedder: Embedder,
    reasoner: TriageReasoner,
    threshold: float = SAME_PROBLEM,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """`n marked groups recall@10 recall@10_meaning recall@10_words threshold precision recall f1 best_threshold sweep
    rewriting`.

    recall@10: of each marked ticket's duplicates, the share among the ten most like of all other tickets; the mean.
    Pairs are those of marked tickets only. `rewriting` replays the marked tickets in the order of their times, each
    linked to the likest known problem from θ on, with joint statements rewritten and without (TickIt's ablation).
    Raises EvaluationError, EmbeddingError and ReasonerError.
    """
    tickets = sorted(read_cases(path, _parse), key=lambda ticket: ticket.time)
    vectors = await _embedded([ticket.text for ticket in tickets], embedder, progress)
    marked = [at for at, ticket in enumerate(tickets) if ticket.group]
    meaning, words = _tables(tickets, vectors, marked)
    table = np.vectorize(mixed, otypes=[np.float32])(meaning, words)
    truth, likeness = _pairs(tickets, marked, table)
    thresholds = sorted({*np.round(np.arange(STEP, 1, STEP), 2).tolist(), threshold})
    sweep = [_at(theta, truth, likeness >= theta) for theta in thresholds]
    return {
        "n": len(tickets),
        "marked": len(marked),
        "groups": len({tickets[at].group for at in marked}),
        f"recall@{FOUND_AMONG}": _recall(tickets, marked, table),
        f"recall@{FOUND_AMONG}_meaning": _recall(tickets, marked, meaning),
        f"recall@{FOUND_AMONG}_words": _recall(tickets, marked, words),
        **asdict(next(row for row in sweep if row.threshold == threshold)),
        "best_threshold": max(sweep, key=lambda row: row.f1).threshold,
        "sweep": [asdict(row) for row in sweep],
        "rewriting": await _rewriting([(tickets[at], vectors[at]) for at in marked], embedder, reasoner, threshold),
    }


async def _embedded(
    texts: Sequence[str], embedder: Embedder, progress: Callable[[int, int], None] | None
) -> NDArray[np.float32]:
    found = []
    for start in range(0, len(texts), BATCH):
        found.append(await embedder.embed([text[:LONGEST] or " " for text in texts[start : start + BATCH]]))
        if progress:
            progress(min(start + BATCH, len(texts)), len(texts))
    return np.vstack(found)


def _tables(
    tickets: Sequence[Ticket], vectors: NDArray[np.float32], marked: Sequence[int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines of meaning and of words, each of shape (marked, tickets); a ticket with itself has -1."""
    words = Words([ticket.text for ticket in tickets])
    weighed = [words.weighed(ticket.text) for ticket in tickets]
    by_words = np.array([[cosine(weighed[at], other) for other in weighed] for at in marked], np.float32)
    by_meaning = vectors[marked] @ vectors.T
    for table in (by_words, by_meaning):
        table[np.arange(len(marked)), marked] = -1
    return by_meaning, by_words


def _recall(tickets: Sequence[Ticket], marked: Sequence[int], table: NDArray[np.float32]) -> float:
    found = []
    for row, at in enumerate(marked):
        top = set(np.argsort(-table[row], kind="stable")[:FOUND_AMONG].tolist())
        mates = [other for other in marked if other != at and tickets[other].group == tickets[at].group]
        found += [sum(mate in top for mate in mates) / len(mates)] if mates else []
    return float(np.mean(found)) if found else 0.0


def _pairs(
    tickets: Sequence[Ticket], marked: Sequence[int], table: NDArray[np.float32]
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Whether each pair of marked tickets is one problem, and how like they are."""
    rows, columns = np.triu_indices(len(marked), k=1)
    groups = np.array([tickets[at].group for at in marked])
    return groups[rows] == groups[columns], table[:, marked][rows, columns]


def _at(threshold: float, truth: NDArray[np.bool_], said: NDArray[np.bool_]) -> PairFigures:
    right = int((truth & said).sum())
    precision = right / int(said.sum()) if said.any() else 0.0
    recall = right / int(truth.sum()) if truth.any() else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return PairFigures(round(threshold, 4), precision, recall, f1)


async def _rewriting(
    marked: Sequence[tuple[Ticket, NDArray[np.float32]]],
    embedder: Embedder,
    reasoner: TriageReasoner,
    threshold: float,
) -> dict[str, object]:
    """Pair figures of a replay without and with joint statements, on all marked tickets and on larger groups only."""
    sizes = {ticket.group: 0 for ticket, _ in marked}
    for ticket, _ in marked:
        sizes[ticket.group] += 1
    larger = [one for one in marked if sizes[one[0].group] > 2]
    told: dict[str, object] = {}
    for name, some in (("all", marked), ("larger_groups", larger)):
        without = await _replayed(some, embedder, None, threshold)
        rewritten = await _replayed(some, embedder, reasoner, threshold)
        told[name] = {
            "tickets": len(some),
            "without": asdict(without),
            "with": asdict(rewritten),
            "gain_f1": rewritten.f1 - without.f1,
        }
    return told


async def _replayed(
    arriving: Sequence[tuple[Ticket, NDArray[np.float32]]],
    embedder: Embedder,
    reasoner: TriageReasoner | None,
    threshold: float,
) -> PairFigures:
    """Which tickets end up as one problem when each is linked to the likest one known; `reasoner` joins statements."""
    statements: list[Stated] = []
    members: list[list[str]] = []
    placed: list[int] = []
    for ticket, vector in arriving:
        stated = Stated(ticket.text[:LONGEST], vector)
        best = next(iter(candidates(stated, statements)), None)
        if best is None or best.likeness < threshold:
            statements.append(stated)
            members.append([stated.text])
            placed.append(len(statements) - 1)
            continue
        placed.append(best.at)
        members[best.at].append(stated.text)
        if reasoner is not None:
            joint = await reasoner.joint_problem(members[best.at])
            [joint_vector] = await embedder.embed([joint])
            statements[best.at] = Stated(joint, joint_vector)
    rows, columns = np.triu_indices(len(arriving), k=1)
    groups, problems = np.array([ticket.group for ticket, _ in arriving]), np.array(placed)
    return _at(threshold, groups[rows] == groups[columns], problems[rows] == problems[columns])


def _parse(row: Row) -> Ticket:
    return Ticket(str(row["id"]), text_of(row, "text"), _group(row.get("group")), _moment(row.get("time")))


def _group(group: object) -> str:
    if group is None or isinstance(group, str):
        return group or ""
    raise ValueError("`group` must be a string, or null where nobody marked the ticket")


def _moment(time: object) -> float:
    """Seconds since the epoch; rows without a time keep their order, before all others."""
    if time is None:
        return -math.inf
    if isinstance(time, int | float):
        return float(time)
    for form in TIMES:
        with suppress(ValueError):
            read = datetime.fromisoformat(str(time)) if form == ISO else datetime.strptime(str(time), form).astimezone()
            return read.timestamp()
    raise ValueError(f"the time {time!r} cannot be read; write it as ISO 8601 or in seconds since the epoch")
