"""Backtests from file to report, with the real encoder, reasoner and stores; and what they leave untouched."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.learning.history.exports import ANSWER, QUESTION, Export
from vigilbot import config
from vigilbot.commands.backtest import FOLDER, Wanted, replay_history
from vigilbot.errors import EvaluationError, IngestError
from vigilbot.evaluation.backtest import Backtest, humans_answer, in_order_of_time
from vigilbot.evaluation.history import Selection, read_history, read_replay_cases
from vigilbot.evaluation.report.page import page, write_page
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from vigilbot.config import Settings
    from vigilbot.evaluation.backtest import Step
    from vigilbot.evaluation.backtest_result import BacktestResult

SCOPE = "Acme ingest: its workers, files, settings and errors"
DAY = 86_400.0


def settings_of(folder: Path, **more: Any) -> Settings:
    return config.load(None, data_dir=folder / "data", scope=SCOPE, **more)


def asked_twice(folder: Path, hours_apart: float = 24.0) -> Path:
    """An export in which two customers ask the same, the second after (or while) the first is answered."""
    export = Export()
    for at in (0.0, hours_apart * 3600):
        export.say("U1" if at == 0 else "U4", "Hello, a question about the ingest worker", at, at)
        export.say("U2", "hi, go ahead", at + 30, at)
        export.say("U1" if at == 0 else "U4", QUESTION, at + 60, at)
        export.say("U2", ANSWER, at + 300, at)
        export.say("U1" if at == 0 else "U4", "thanks, that worked", at + 400, at)
    return export.zip(folder / "export.zip")


async def played(folder: Path, path: Path, **more: Any) -> BacktestResult:
    wanted = Wanted(Selection(path, analysts=("@ann",) if path.suffix == ".zip" else ()), **more)
    return await replay_history(settings_of(folder), wanted, lambda *_: None)


async def test_the_second_customer_is_answered_from_the_first(tmp_path: Path) -> None:
    done = await played(tmp_path, asked_twice(tmp_path), learn=True)
    first, second = done.played
    assert (first.answered, second.answered) == (0, 1)
    [card] = [turn for turn in second.turns if turn.outcome == "answered"]
    assert "LimitNOFILE=65536" in card.answer
    assert (card.human, card.human_after, card.agrees) == (ANSWER, 240.0, True)
    assert done.summary.agreement.judged == done.summary.agreement.agrees == 1
    assert done.summary.coverage == 0.5
    assert not (tmp_path / "data" / DATABASE).exists()
    assert list((tmp_path / "data" / FOLDER).iterdir()) == []


async def test_nobody_is_answered_from_the_future(tmp_path: Path) -> None:
    """The second asks while the first still waits for the answer."""
    done = await played(tmp_path, asked_twice(tmp_path, hours_apart=0.05), learn=True)
    assert [session.answered for session in done.played] == [0, 0]


async def test_without_learning_nothing_is_learnt(tmp_path: Path) -> None:
    done = await played(tmp_path, asked_twice(tmp_path))
    assert [session.answered for session in done.played] == [0, 0]
    db = await Database.open(tmp_path / "data" / DATABASE)
    stored = await db.rows("SELECT id FROM sessions UNION SELECT id FROM entries UNION SELECT event_id FROM inbox")
    assert stored == []
    await db.close()


async def test_a_stopped_backtest_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, run = asked_twice(tmp_path), Backtest.run

    async def stops_after_three(self: Backtest, steps: Sequence[Step]) -> AsyncIterator[Step]:
        async for step in run(self, steps[:3]):
            yield step
        raise KeyboardInterrupt

    monkeypatch.setattr(Backtest, "run", stops_after_three)
    with pytest.raises(KeyboardInterrupt):
        await played(tmp_path, path, learn=True)
    monkeypatch.undo()
    [left] = (tmp_path / "data" / FOLDER).iterdir()
    with (left / "ledger.jsonl").open("a") as torn:
        torn.write('{"played": {"case_id": "half')
    done = await played(tmp_path, path, learn=True)
    assert (done.resumed, done.summary.sessions, done.summary.answered) == (2, 2, 1)
    assert list((tmp_path / "data" / FOLDER).iterdir()) == []


async def test_the_report_needs_nothing_else_and_escapes_everything(tmp_path: Path) -> None:
    evil = '<script>alert(1)</script><img src="http://evil.example/x" onerror=alert(1)>{{ 7 * 7 }}'
    rows = [
        {"role": "customer", "author": "mia", "text": "hello, I have a question"},
        {"role": "analyst", "author": "ann", "text": "hi, what is it?"},
        {"role": "customer", "author": "mia", "text": f"How do I configure the ingest worker? {evil}"},
        {"role": "analyst", "author": "ann", "text": f"Set the option in its unit file and restart it. {evil}"},
    ]
    file = tmp_path / "evil.jsonl"
    file.write_text(json.dumps({"id": evil, "dialogue": rows}))
    done = await played(tmp_path, file)
    html = page(done)
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    assert "{{ 7 * 7 }}" in html
    assert not re.search(r"(?:src|href|url)\s*[=(]", re.sub(r"&lt;.*?&gt;", "", html))
    assert "default-src 'none'" in html
    write_page(tmp_path / "report.html", done)
    assert "<!doctype html>" in (tmp_path / "report.html").read_text("utf-8")
    with pytest.raises(EvaluationError, match="cannot be written"):
        write_page(tmp_path, done)
    json.dumps(done.as_json())


def test_sessions_that_overlap_are_played_before_either_is_closed(tmp_path: Path) -> None:
    path = asked_twice(tmp_path, hours_apart=0.05)
    cases = read_history(settings_of(tmp_path), Selection(path, analysts=("U2",))).cases
    steps = [(step.kind, cases.index(step.case)) for step in in_order_of_time(cases)]
    assert steps == [("play", 0), ("play", 1), ("close", 0), ("close", 1)]


def test_without_times_one_session_ends_before_the_next(tmp_path: Path) -> None:
    file = tmp_path / "two.jsonl"
    row = {"dialogue": [{"role": "customer", "text": "hi"}, {"role": "analyst", "text": "hi"}]}
    file.write_text("\n".join(json.dumps({"id": id_, **row}) for id_ in "ab"))
    steps = [(step.kind, step.case.id) for step in in_order_of_time(read_replay_cases(file))]
    assert steps == [("play", "a"), ("close", "a"), ("play", "b"), ("close", "b")]


def test_what_the_human_then_said(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    said = [
        ("customer", "how do I raise the limit?"), ("analyst", "let me check"), ("customer", "ok"),
        ("analyst", "Set LimitNOFILE in the unit file."), ("analyst", "Then restart the worker."),
        ("customer", "and how do I see it?"), ("analyst", "Look into /proc/self/limits."),
    ]  # fmt: skip
    rows = [{"role": role, "text": text, "at": 1_700_000_000 + 60 * at} for at, (role, text) in enumerate(said)]
    file.write_text(json.dumps({"id": "a", "dialogue": rows}))
    [case] = read_replay_cases(file)
    assert humans_answer(case, 0) == ("Set LimitNOFILE in the unit file.\nThen restart the worker.", 180.0)
    assert humans_answer(case, 5) == ("Look into /proc/self/limits.", 60.0)
    assert humans_answer(case, 6) == ("", None)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "a"', "line 2: is not JSON"),
        ('{"id": "a"}', "line 2: the key 'dialogue' is missing"),
        ('{"id": "a", "dialogue": 5}', "line 2: `dialogue` must be a list"),
        ('{"id": "a", "dialogue": [{"role": "customer", "text": "x", "at": "noon"}]}', "line 2: the time 'noon'"),
        ('{"id": 3, "dialogue": [{"role": "customer", "text": "x"}]}', "line 2: `id` must be a string"),
    ],
)
def test_a_broken_line_is_one_clear_error(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text('{"id": "ok", "dialogue": [{"role": "customer", "text": "x"}]}\n' + line)
    with pytest.raises(EvaluationError, match=message) as caught:
        read_history(settings_of(tmp_path), Selection(file))
    assert "\n" not in str(caught.value)


def test_exports_that_cannot_be_replayed(tmp_path: Path) -> None:
    path, settings = asked_twice(tmp_path), settings_of(tmp_path)
    with pytest.raises(IngestError, match="who are the analysts"):
        read_history(settings, Selection(path))
    with pytest.raises(IngestError, match="no such file or folder"):
        read_history(settings, Selection(tmp_path / "missing.zip"))
    with pytest.raises(EvaluationError, match="holds no dialogue in which"):
        read_history(settings, Selection(path, analysts=("U3",)))
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": "ok", "dialogue": [{"role": "customer", "text": "x"}]}')
    with pytest.raises(EvaluationError, match="JSONL names every role"):
        read_history(settings, Selection(file, analysts=("U2",)))
