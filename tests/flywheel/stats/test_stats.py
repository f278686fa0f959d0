"""The figures: right on a small history, silent on an empty database, and quick on a long one."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.flywheel.said import adoption, relevance, say, turn_of
from vigilbot.flywheel.stats.reading import DAY, WEEK, read
from vigilbot.flywheel.stats.rendering import as_json, text
from vigilbot.models import EVERYONE, Flag, Gap, Switch, TrainedModel
from vigilbot.storage import annotations as stored
from vigilbot.storage import gaps, trained

if TYPE_CHECKING:
    from vigilbot.storage.database import Database

MODEL = TrainedModel(
    1,
    "retriever",
    "e",
    "",
    0,
    30,
    240,
    {"gain": 0.04, "kept_before": 0.9, "kept_after": 0.95},
    True,
    "better: as told",
    "x",
    "ann",
    9.0,
)


async def card(db: Database, number: int, *, accepted: bool) -> None:
    async with db.transaction() as tx:
        await tx.execute(
            """INSERT INTO cards (id, session_id, turn_id, parts, sources, reasoner, vector, state, created_at)
               VALUES (?, ?, ?, '[]', '[]', 'x', x'', ?, 3.0)""",
            (f"c{number}", f"s{number}", f"t{number}", "accepted" if accepted else "posted"),
        )
        await tx.execute("UPDATE sessions SET engaged_at = 1.5 WHERE id = ?", (f"s{number}",))


async def test_an_empty_database_has_no_rates_and_no_faults(db: Database) -> None:
    stats = await read(db, 1_000_000.0)

    told = text(stats, 10)
    assert "accept rate          –" in told
    assert "hours saved          0.0" in told
    assert (stats.total.cards, stats.total.accept_rate, stats.coverage, stats.gaps) == (0, None, None, ())
    assert json.loads(json.dumps(as_json(stats, 10), default=str))["hours_saved"] == 0


async def test_figures_of_a_small_history(db: Database) -> None:
    for number in range(4):
        await turn_of(db, number)
    for number in range(3):
        await card(db, number, accepted=number < 2)
    await say(db, 0, adoption("edited"))
    await say(db, 3, adoption("unused"))
    await say(db, 0, relevance(disk="relevant", bill="not_relevant"), by="bob")
    await say(db, 1, relevance(disk="partly"))
    async with db.transaction() as tx:
        await gaps.open_gap(tx, Gap("g", "s3", "t3", "How?", "the port", EVERYONE, "open", "ann", 20.0))
        await trained.add(tx, MODEL)
        await trained.switch(tx, Switch("retriever", 1, "ann", "better", 10.0))
        await tx.execute(
            """INSERT INTO model_calls (turn_id, task, model, started_at, duration_ms, prompt_tokens,
                                        completion_tokens, cost_usd, error, output)
               VALUES ('t1', 'answer', 'm', 5.0, 1.0, 100, 20, 0.25, '', '')"""
        )

    stats = await read(db, 30.0)

    total = stats.total
    assert (total.sessions, total.turns, total.cards, total.accepted) == (4, 4, 3, 2)
    assert total.accept_rate == pytest.approx(2 / 3)
    assert total.adoption_rate == 0.5
    assert total.precision == 0.5
    assert (stats.engaged, stats.helped, stats.coverage) == (3, 3, 1.0)
    assert stats.saving_answers == 2  # the accepted answer that was also adopted counts once
    assert stats.hours_saved(15) == 0.5
    assert (total.cost_usd, stats.tokens) == (0.25, 120)
    assert [(load.analyst, load.annotations, load.seconds) for load in stats.loads] == [
        ("ann", 3, 0.0),
        ("bob", 1, 0.0),
    ]
    assert [(one.before, one.after) for one in stats.recalls] == [(0.9, 0.95)]
    assert (stats.in_use, [gap.id for gap in stats.gaps]) == ((1,), ["g"])
    assert "retriever 1        in use" in text(stats, 10)
    assert sum(period.cards for period in stats.periods) == 3


async def test_long_times_are_told_by_week_and_quiet_ones_are_there(db: Database) -> None:
    await turn_of(db, 1)

    stats = await read(db, 100 * DAY)

    assert stats.days == WEEK
    assert len(stats.periods) == 15
    assert [period.turns for period in stats.periods] == [1, *[0] * 14]
    assert (await read(db, 100 * DAY, since=50 * DAY)).total.turns == 0


async def test_a_hundred_thousand_turns_take_a_moment(db: Database) -> None:
    await turn_of(db, 1)
    async with db.transaction() as tx:
        await tx.execute(
            """WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
               INSERT INTO turns (id, session_id, created_at, outcome, scope)
               SELECT 't' || i, 's1', 86400.0 * (i % 300), 'answered', 'within_scope' FROM n"""
        )
    began = time.perf_counter()

    stats = await read(db, 300 * DAY)

    assert stats.total.turns == 100_000
    assert time.perf_counter() - began < 10


async def test_agreement_and_doubts_are_told(db: Database) -> None:
    for number in range(2):
        await turn_of(db, number)
        await say(db, number, relevance(disk="relevant", bill="not_relevant"))
    await say(db, 0, relevance(disk="relevant", bill="partly"), by="bob")
    careless = await say(db, 1, adoption("used"), at=40.0)
    async with db.transaction() as tx:
        await stored.flag(tx, Flag(careless.id, "rules", "sent 0.2 s after the form was shown", 41.0))
        await stored.flag(tx, Flag(careless.id, "openai/x", "contradictory: it was edited", 42.0))

    stats = await read(db, 50.0)

    assert list(stats.quality.agreement) == ["relevance"]
    agreed = stats.quality.agreement["relevance"]
    assert (agreed.pairs, agreed.equal) == (2, 0.5)
    assert stats.quality.flagged == 1
    assert [(doubt.judge, doubt.kind, doubt.analyst, doubt.question) for doubt in stats.quality.doubts] == [
        ("openai/x", "adoption", "ann", "How do I grow the disk?"),
        ("rules", "adoption", "ann", "How do I grow the disk?"),
    ]
    told = text(stats, 10)
    assert "agreement          relevance 50.0 % of 2 pairs (α 0.40)" in told
    assert "adoption by ann: contradictory: it was edited" in told
    given = json.loads(json.dumps(as_json(stats, 10)))["quality"]
    assert given["agreement"]["relevance"] == {"pairs": 2, "equal": 0.5, "alpha": pytest.approx(0.4)}
    assert given["doubts"][0]["reason"] == "contradictory: it was edited"
    later = await read(db, 50.0, since=41.0)
    assert (later.quality.agreement, later.quality.flagged, later.quality.doubts) == ({}, 0, ())
