"""Retrieval figures: by hand on small rankings, and end to end on a folder of real files."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from vigilbot.errors import EvaluationError
from vigilbot.evaluation.ablation import side_by_side
from vigilbot.evaluation.retrieve import evaluate, read_qrels, score

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.embedding.base import Embedder

CORPUS = [
    {"id": "disk#0", "page": "disk", "title": "Disks", "text": "Detach a volume before you resize it."},
    {"id": "disk#1", "page": "disk", "title": "Disks", "text": "A snapshot copies a volume at one moment."},
    {"id": "bill#0", "page": "bill", "title": "Invoices", "text": "Invoices are sent on the first of the month."},
    {"id": "soup#0", "page": "soup", "title": "Soup", "text": "Boil the onions slowly."},
]
QUERIES = [
    {"id": "q1", "text": "how do I make a snapshot of a volume?"},
    {"id": "q2", "text": "when will I get my invoice?"},
    {"id": "unjudged", "text": "anything"},
]


def folder_with(path: Path, qrels: str) -> Path:
    (path / "corpus.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, CORPUS)).encode()))
    (path / "queries.jsonl").write_text("\n".join(map(json.dumps, QUERIES)))
    (path / "qrels.tsv").write_text(qrels)
    return path


def test_figures_are_those_of_the_textbook() -> None:
    first = (["a", "x", "b"], {"a": 1.0, "b": 1.0, "lost": 1.0, "bad": 0.0})
    second = (["x", "y", "c"], {"c": 2.0})

    figures = score([first, second])

    assert figures["n"] == 2
    assert figures["recall@5"] == pytest.approx((2 / 3 + 1) / 2, abs=1e-4)
    assert figures["precision@8"] == pytest.approx((2 / 8 + 1 / 8) / 2, abs=1e-4)
    assert figures["hit@10"] == 1
    assert figures["mrr@10"] == pytest.approx((1 + 1 / 3) / 2, abs=1e-4)
    ideal = 1 + 1 / 1.58496 + 1 / 2
    assert figures["ndcg@10"] == pytest.approx(((1 + 1 / 2) / ideal + 1 / 2) / 2, abs=1e-4)


def test_what_stands_below_the_cut_does_not_count() -> None:
    figures = score([([f"x{n}" for n in range(10)] + ["a"], {"a": 1.0})])

    assert (figures["recall@10"], figures["mrr@10"], figures["hit@10"], figures["ndcg@10"]) == (0, 0, 0, 0)
    assert figures["recall@75"] == 1


async def test_judged_passages_are_looked_for(embedder: Embedder, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "q1\tdisk#1\t1\nq2\tbill#0\t1\nq2\tsoup#0\t0\n")
    figures = (await evaluate(folder, embedder, lambda *_: None)).figures

    assert list(figures) == [
        "n", "recall@5", "recall@10", "recall@75", "precision@8", "hit@10", "mrr@10", "ndcg@10", "ms_p50", "ms_p95",
    ]  # fmt: skip
    assert (figures["n"], figures["mrr@10"], figures["ndcg@10"]) == (2, 1, 1)


async def test_judged_pages_collapse_the_ranking(embedder: Embedder, tmp_path: Path) -> None:
    told: list[str] = []

    found = await evaluate(
        folder_with(tmp_path, "q1\tdisk\t1\nq2\tbill\t1\n"), embedder, lambda _, __, label: told.append(label)
    )
    figures = found.figures
    assert found.cases["q1"]["hit@10"] == found.cases["q2"]["mrr@10"] == 1

    assert (figures["n"], figures["mrr@10"], figures["precision@8"]) == (2, 1, 0.125)
    assert {"Reading", "Asking"} == set(told)


async def test_each_path_is_judged_alone_and_follow_ups_are_rewritten(embedder: Embedder, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "q1\tdisk#1\t1\nq3\tdisk#0\t1\n")
    follow_up = {
        "id": "q3",
        "text": "and before that?",
        "user_turns": ["how do I resize a volume?", "and before that?"],
    }
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, [QUERIES[0], follow_up])))

    figures = (await evaluate(folder, embedder, lambda *_: None, ablate=True)).figures

    paths = figures["paths"]
    assert isinstance(paths, dict)
    assert list(paths) == [
        "dense", "lexical", "plain reciprocal ranks", "fused", "reranked", "last turn alone", "contribution",
    ]  # fmt: skip
    assert paths["reranked"] == {name: figures[name] for name in paths["reranked"]}
    assert figures["mrr@10"] == 1
    assert 0 < paths["last turn alone"]["mrr@10"] <= 1
    assert sum(paths["contribution"].values()) == pytest.approx(1, abs=1e-3)
    header, *lines, contributed = side_by_side(paths)
    assert header.split() == [name for name in paths["reranked"] if name != "n"]
    assert all(line.startswith(path) for line, path in zip(lines, list(paths)[:-1], strict=True))
    assert lines[4].split()[-1] == f"{figures['ndcg@10']:.4f}"
    assert f"{paths['contribution']['both']:.1%} both" in contributed


async def test_faults_are_named(embedder: Embedder, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"corpus\.jsonl: no such file"):
        await evaluate(tmp_path, embedder, lambda *_: None)
    with pytest.raises(EvaluationError, match="no query has a judgement"):
        await evaluate(folder_with(tmp_path, "other\tdisk\t1\n"), embedder, lambda *_: None)
    (tmp_path / "qrels.tsv").write_text("q1\tdisk\t1\nq1 disk 1\n")
    with pytest.raises(EvaluationError, match="line 2: must be query"):
        read_qrels(tmp_path / "qrels.tsv")
    folder_with(tmp_path, "q1\tdisk\t1\n")
    (tmp_path / "corpus.jsonl.gz").write_bytes(gzip.compress(b'{"id": 1}\n'))
    with pytest.raises(EvaluationError, match="line 1"):
        await evaluate(tmp_path, embedder, lambda *_: None)
