"""`eval triage`: the paper's columns, labels of the menu and labels of another one."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING

import pytest

from tests.fakes import ScriptedReasoner
from vigilbot.errors import EvaluationError
from vigilbot.evaluation.triage import evaluate
from vigilbot.models import OTHER, Severity
from vigilbot.tickets.categories import shipped

if TYPE_CHECKING:
    from pathlib import Path

SAID = "Nobody can log in."
DOWN = Severity("system_failure", "it is down", (SAID,))
LOST = Severity("asset_loss", "it is lost", (SAID,))
HARMLESS = Severity(OTHER, "a question")


def file_of(path: Path, *labels: str) -> Path:
    rows = [
        {"id": f"d/{number}", "dialogue": [{"role": "customer", "text": SAID}], "label": label}
        for number, label in enumerate(labels)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


async def test_grave_means_that_somebody_is_alerted_whatever_the_category(tmp_path: Path) -> None:
    file = file_of(tmp_path / "t.jsonl", "system_failure", "system_failure", "asset_loss", OTHER, OTHER)
    reasoner = ScriptedReasoner(severities=deque([DOWN, LOST, HARMLESS, DOWN, HARMLESS]))
    found = (await evaluate(file, reasoner, shipped())).figures
    grave = found["grave"]
    assert isinstance(grave, dict)
    assert (grave["precision"], grave["recall"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert grave["grave_share"] == 0.6
    assert grave["f1_low"] <= grave["f1"] <= grave["f1_high"]
    assert (found["n"], found["accuracy"]) == (5, 0.4)


async def test_labels_of_another_menu_are_grave_or_not(tmp_path: Path) -> None:
    reasoner = ScriptedReasoner(severities=deque([DOWN, HARMLESS, LOST]))
    measured = await evaluate(file_of(tmp_path / "t.jsonl", "urgent", "urgent", OTHER), reasoner, shipped())
    assert measured.cases["d/1"] == {"truth": "grave", "judged": "other"}
    assert measured.figures["confusion"] == {"grave": {"grave": 1, "other": 1}, "other": {"grave": 1, "other": 0}}


async def test_evidence_nobody_wrote_alerts_nobody(tmp_path: Path) -> None:
    invented = Severity("asset_loss", "it is lost", ("All files are gone.",))
    reasoner = ScriptedReasoner(severities=deque([invented]))
    found = (await evaluate(file_of(tmp_path / "t.jsonl", "asset_loss"), reasoner, shipped())).figures
    assert found["confusion"] == {
        "asset_loss": {"asset_loss": 0, "undecided": 1},
        "undecided": {"asset_loss": 0, "undecided": 0},
    }
    assert found["grave"] == {"precision": 0, "recall": 0, "f1": 0, "f1_low": 0, "f1_high": 0, "grave_share": 1}


async def test_a_row_without_a_label_is_named(tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    file.write_text('{"id": "x", "dialogue": [{"role": "customer", "text": "hi"}]}', "utf-8")
    with pytest.raises(EvaluationError, match="line 1: the key 'label' is missing"):
        await evaluate(file, ScriptedReasoner(), shipped())
