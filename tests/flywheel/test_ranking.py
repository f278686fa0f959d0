"""The choice of weights: on tables made by hand, and end to end on a small set with the real encoder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from vigilbot.flywheel.ranking import GRID, Table, Weights, asked_of, chosen, interval, report
from vigilbot.knowledge.ranking.fusion import LEXICAL_SHARE
from vigilbot.knowledge.rerank.late import LateInteraction

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.embedding.base import Embedder

WORDS, MEANING = Weights(2.0, 0.0), Weights(0.25, 0.0)
BETWEEN = Weights(1.0, 0.5)


def table(best_plain: float, **figures: float) -> Table:
    """Two questions each; weights that are not named do badly."""
    known = {WORDS: figures["words"], MEANING: figures["meaning"], BETWEEN: figures["between"]}
    mixed = {weights: np.full(2, known.get(weights, 0.0)) for weights in GRID}
    return Table({"dense": np.full(2, best_plain), "lexical": np.zeros(2)}, mixed)


LIKES_WORDS = table(0.5, words=0.8, meaning=0.3, between=0.6)
LIKES_MEANING = table(0.5, words=0.3, meaning=0.8, between=0.55)


def test_chosen_are_the_weights_whose_worst_set_gains_most() -> None:
    assert chosen([LIKES_WORDS]) == WORDS
    assert chosen([LIKES_MEANING]) == MEANING
    assert chosen([LIKES_WORDS, LIKES_MEANING]) == BETWEEN


def test_held_out_a_set_has_no_say() -> None:
    rows = report({"words": LIKES_WORDS, "meaning": LIKES_MEANING}).splitlines()

    assert "0.3000 (words 0.25, late 0)" in rows[1]
    assert "0.3000 (words 2, late 0)" in rows[2]
    assert "chosen on all: words 1, late 0.5: LEXICAL_SHARE = 0.5000, share = 0.2000" in rows[3]


def test_the_product_uses_the_weights_that_were_chosen() -> None:
    assert (LEXICAL_SHARE, LateInteraction.share) == (0.5, 0.2)


def test_an_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    few, many = (interval(np.arange(count, dtype=np.float64) % 2) for count in (20, 2000))

    assert few[0] < 0.5 < few[1]
    assert many[1] - many[0] < (few[1] - few[0]) / 5


async def test_a_set_is_searched_as_the_product_searches(embedder: Embedder, tmp_path: Path) -> None:
    corpus = [
        {"id": "code", "text": "QX_8812 says that the breaker is open."},
        {"id": "disk", "text": "Detach the volume, grow it, attach it again."},
        {"id": "bill", "text": "Invoices are sent on the first of the month."},
    ]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    (tmp_path / "queries.jsonl").write_text(
        "\n".join(map(json.dumps, [{"id": "q1", "text": "QX_8812"}, {"id": "q2", "text": "make my disk bigger"}]))
    )
    (tmp_path / "qrels.tsv").write_text("q1\tcode\t1\nq2\tdisk\t1\n")

    found = Table.of(await asked_of(tmp_path, tmp_path, embedder))

    assert found.plain["lexical"][0] == found.plain["dense"][1] == 1
    assert found.mixed[BETWEEN] == pytest.approx(1)
