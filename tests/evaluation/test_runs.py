"""Kept runs, and what is said of two of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from vigilbot.errors import EvaluationError
from vigilbot.evaluation.comparing import compare
from vigilbot.evaluation.identify import labelled
from vigilbot.evaluation.runs import Measured, Run, by_id, digest_of

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.evaluation.runs import CaseScores


def run_of(cases: dict[str, CaseScores], **more: str) -> Run:
    about = {"task": "answer", "file": "cases.jsonl", "digest": "d", "reasoner": "extractive", "made_at": "now", **more}
    return Run(**about, figures={}, cases=cases)


def means(*values: float) -> dict[str, CaseScores]:
    return {str(number): {"correct": value} for number, value in enumerate(values)}


def test_a_run_is_read_as_it_was_kept(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("{}\n")
    run = Run.of("answer", file, "extractive", Measured({"n": 1}, {"ä": {"correct": 1.0, "truth": "x"}}))
    run.save(tmp_path / "run.json")
    assert Run.read(tmp_path / "run.json") == run
    file.write_text("{} \n")
    assert digest_of(file) != run.digest


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 2}', "\x00", "[" * 100_000])
def test_what_is_no_run_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(EvaluationError, match="is no run; make one with --save") as caught:
        Run.read(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(EvaluationError, match="cannot be read"):
        Run.read(tmp_path / "missing.json")
    with pytest.raises(EvaluationError, match="cannot be written"):
        run_of({}).save(tmp_path)


def test_cases_of_a_run_that_are_none(tmp_path: Path) -> None:
    run_of({}).save(tmp_path / "run.json")
    kept = json.loads((tmp_path / "run.json").read_text()) | {"cases": {"a": 3}}
    (tmp_path / "run.json").write_text(json.dumps(kept))
    with pytest.raises(EvaluationError, match="its cases cannot be read"):
        Run.read(tmp_path / "run.json")


def test_better_worse_or_no_difference() -> None:
    poor, good = run_of(means(*[0] * 20, *[1] * 20)), run_of(means(*[0] * 5, *[1] * 35))
    assert compare(poor, good).changes["correct"].verdict == "better"
    assert compare(good, poor).changes["correct"].verdict == "worse"
    same = compare(good, good)
    assert same.changes["correct"].verdict == "no difference"
    assert same.notes == ()
    one = compare(poor, run_of(means(*[0] * 19, *[1] * 21))).changes["correct"]
    assert (one.verdict, one.difference) == ("no difference", 0.025)
    assert one.low <= one.difference <= one.high


def test_fewer_wrong_answers_are_better() -> None:
    many = run_of({str(number): {"wrong": 1.0} for number in range(30)})
    none = run_of({str(number): {"wrong": 0.0} for number in range(30)})
    assert compare(many, none).changes["wrong"].verdict == "better"


def test_pairing_finds_what_two_intervals_alone_would_not() -> None:
    before = means(*[0, 1] * 100)
    now: dict[str, CaseScores] = {**before, **{str(number): {"correct": 1.0} for number in range(0, 20, 2)}}
    change = compare(run_of(before), run_of(now)).changes["correct"]
    assert (change.verdict, change.difference) == ("better", 0.05)


def test_differing_case_sets_and_files_are_said() -> None:
    former = means(1, 1, 0)
    latter: dict[str, CaseScores] = {"1": {"correct": 1.0}, "new": {"correct": 0.0}}
    found = compare(run_of(former), run_of(latter))
    assert found.cases == 1
    assert "2 only in the former run, 1 only in this one; compared on the 1 in both" in found.notes[0]
    changed = compare(run_of(former), run_of(former, digest="other", reasoner="openai/x"))
    assert "has changed since" in changed.notes[0]
    assert "Then extractive did the thinking, now openai/x." in changed.notes[1]


def test_what_cannot_be_compared() -> None:
    with pytest.raises(EvaluationError, match="a run of answer cannot be compared with one of dedup"):
        compare(run_of(means(1)), run_of(means(1), task="dedup"))
    with pytest.raises(EvaluationError, match="no case in common"):
        compare(run_of(means(1)), run_of({}))


def test_labels_and_counts_are_compared_by_their_own_figures() -> None:
    truth = ["within_scope", "no_assistance"] * 20
    before, now = labelled(list("ab" * 20), truth, ["within_scope"] * 40), labelled(list("ab" * 20), truth, truth)
    assert set(before.cases) >= {"a", "a#2", "b#20"}
    found = compare(run_of(before.cases), run_of(now.cases)).changes
    assert set(found) == {"accuracy", "f1_weighted", "balanced_accuracy"}
    assert {change.verdict for change in found.values()} == {"better"}
    counts: CaseScores = {"right": 1, "chosen": 2, "labelled": 4}
    one = run_of(by_id([("a", counts)]))
    [f1] = [change for name, change in compare(one, replace(one)).changes.items() if name == "f1"]
    assert f1.now == pytest.approx(2 / 6, abs=1e-4)
