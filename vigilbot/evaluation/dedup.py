"""`vigilbot eval dedup FILE`: which θ tells an answer already given from one that must be sent?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.likeness import likeness
from vigilbot.evaluation.cases import read_cases
from vigilbot.evaluation.metrics import ClassFigures, Classification, classification
from vigilbot.evaluation.runs import Measured, by_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder
    from vigilbot.evaluation.cases import Row

STEP = 0.02
PAPER_THRESHOLDS = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0)
"""The rows of Vigil's Table 3; a finer sweep between them finds the best θ."""

NAMES = {True: "send", False: "suppress"}


@dataclass(frozen=True, slots=True)
class DedupCase:
    """The answers of one session in their order, and for each whether it should be sent."""

    id: str
    answers: tuple[str, ...]
    should_send: tuple[bool, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class SweepRow:
    """The columns of Vigil's Table 3: positives are answers that should be sent."""

    threshold: float
    precision: float
    recall: float
    precision_weighted: float
    recall_weighted: float
    f1_weighted: float


async def evaluate(path: Path, embedder: Embedder, threshold: float) -> Measured:
    """`n threshold f1_weighted best_threshold sweep by_kind`.

    The first answer of a session is always sent, so it is not counted. Raises EvaluationError and EmbeddingError.
    """
    cases = read_cases(path, _parse)
    texts = list(dict.fromkeys(text for case in cases for text in case.answers))
    vectors = dict(zip(texts, await embedder.embed(texts), strict=True))
    tables = [_likenesses(case, vectors) for case in cases]
    truth = [should for case in cases for should in case.should_send[1:]]
    thresholds = sorted({*PAPER_THRESHOLDS, *np.round(np.arange(0, 1, STEP), 2).tolist(), threshold})
    rows = [_row(theta, truth, _all_sent(tables, theta)) for theta in thresholds]
    sent = _all_sent(tables, threshold)
    found: dict[str, object] = {
        "n": len(truth),
        "threshold": threshold,
        "f1_weighted": next(row.f1_weighted for row in rows if row.threshold == threshold),
        "best_threshold": max(rows, key=lambda row: row.f1_weighted).threshold,
        "sweep": [asdict(row) for row in rows],
        "by_kind": _by_kind(cases, truth, sent),
    }
    ids = [case.id for case in cases for _ in case.answers[1:]]
    return Measured(
        found,
        by_id(
            (id_, {"truth": NAMES[should], "judged": NAMES[was]})
            for id_, should, was in zip(ids, truth, sent, strict=True)
        ),
    )


def _likenesses(case: DedupCase, vectors: Mapping[str, NDArray[np.float32]]) -> list[list[float]]:
    """For each answer its likeness with every earlier one."""
    return [
        [likeness(text, vectors[text], earlier, vectors[earlier]) for earlier in case.answers[:index]]
        for index, text in enumerate(case.answers)
    ]


def _all_sent(tables: Sequence[list[list[float]]], threshold: float) -> list[bool]:
    return [sent for table in tables for sent in sent_under(table, threshold)[1:]]


def sent_under(table: Sequence[Sequence[float]], threshold: float) -> list[bool]:
    """As in the pipeline: an answer is sent unless it is too like one that was sent."""
    sent: list[bool] = []
    for earlier in table:
        sent.append(all(like < threshold for like, was_sent in zip(earlier, sent, strict=True) if was_sent))
    return sent


def _row(threshold: float, truth: Sequence[bool], sent: Sequence[bool]) -> SweepRow:
    found = _figures(truth, sent)
    send = found.per_class.get("send", ClassFigures(0.0, 0.0, 0.0, 0))
    return SweepRow(
        threshold, send.precision, send.recall, found.precision_weighted, found.recall_weighted, found.f1_weighted
    )


def _figures(truth: Sequence[bool], sent: Sequence[bool]) -> Classification:
    return classification([NAMES[one] for one in truth], [NAMES[one] for one in sent])


def _by_kind(cases: Sequence[DedupCase], truth: Sequence[bool], sent: Sequence[bool]) -> dict[str, dict[str, float]]:
    kinds = np.array([case.kind for case in cases for _ in case.answers[1:]])
    right, suppressed = np.array(truth) == np.array(sent), ~np.array(sent)
    return {
        kind: {
            "n": int((kinds == kind).sum()),
            "suppressed": float(suppressed[kinds == kind].mean()),
            "accuracy": float(right[kinds == kind].mean()),
        }
        for kind in sorted(set(kinds.tolist()))
    }


def _parse(row: Row) -> DedupCase:
    answers = row["answers"]
    if not isinstance(answers, list) or len(answers) < 2 or not all(isinstance(answer, dict) for answer in answers):
        raise ValueError("`answers` must be a list of at least two objects with text and should_send")
    texts, should_send = [answer["text"] for answer in answers], [answer["should_send"] for answer in answers]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("every answer's `text` must be a string")
    if not all(isinstance(should, bool) for should in should_send):
        raise ValueError("every answer's `should_send` must be true or false")
    return DedupCase(str(row.get("id", "case")), tuple(texts), tuple(should_send), str(row.get("kind", "all")))
