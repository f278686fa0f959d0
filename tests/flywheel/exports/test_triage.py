"""What people made of alerts, as a trainer reads it: the highest priority decides, and nothing unproven is taught."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
from datasets import load_dataset
from trl.data_utils import is_conversational

from tests.fakes import ScriptedReasoner
from tests.flywheel.said import KEY
from vigilbot.errors import FlywheelError, ModelUnavailable
from vigilbot.flywheel.exports import triage
from vigilbot.flywheel.exports.writing import Row, Wanted, write
from vigilbot.models import OTHER, Alert, AlertAnswer, Message, Session, Severity, Ticket
from vigilbot.storage import alerts, sessions, tickets
from vigilbot.tickets.categories import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from vigilbot.models import AlertAnswerKind
    from vigilbot.storage.database import Database

SERVICES = ("checkout", "the mail gateway", "search", "our phone line", "the archive", "billing")
MANY = 18
DOWN = "is down since nine and nobody at our company can work with it"


async def alert_of(db: Database, name: str, service: str, reason: str = "It fails for all, so it is a failure.") -> str:
    """A session with an alert on its second message; a third one was written later. The alert's id."""
    said = f"Hello from the {service} team, my key is {KEY}", f"{service} {DOWN}", "It works again, thanks"
    async with db.transaction() as tx:
        await sessions.save(tx, Session(name, "console", "room", name, "Down", "engaged", 1.0, active_at=1.0))
        for number, text in enumerate(said):
            await sessions.add_message(tx, Message(f"m{number}", name, "mia", "customer", text, 2.0 + number), None)
    rows = await db.rows("SELECT seq FROM messages WHERE session_id = ? ORDER BY seq", (name,))
    alert = Alert(
        f"alert-{name}", name, "system_failure", 2, reason, (f"{service} {DOWN}",), rows[1]["seq"], "", "", 5.0
    )
    async with db.transaction() as tx:
        await tickets.move(tx, Ticket(name, "escalated", "system_failure", 2), None, "grave", 5.0)
        await alerts.add(tx, alert)
    return alert.id


async def answer(
    db: Database,
    alert_id: str,
    kind: AlertAnswerKind,
    by: str = "ann",
    category: str | None = None,
    at: float = 10.0,
) -> None:
    async with db.transaction() as tx:
        assert await alerts.answer(tx, AlertAnswer(alert_id, kind, by, category, "", at))


async def exported(
    db: Database, *arguments: Severity | Exception, since: float = 0.0
) -> tuple[list[Row], dict[str, int]]:
    reasoner = ScriptedReasoner(arguments=deque(arguments))
    rows, left_out = await triage.rows(db, Wanted(since), shipped(), reasoner)
    return rows, +left_out


def verdict(row: Row | Mapping[str, Any]) -> dict[str, Any]:
    fields: Any = row.fields if isinstance(row, Row) else row
    parsed: dict[str, Any] = json.loads(fields["messages"][-1]["content"])
    return parsed


async def test_the_highest_priority_decides(db: Database) -> None:
    liked, disliked, opened, _ = [await alert_of(db, f"s{n}", SERVICES[n]) for n in range(4)]
    await answer(db, liked, "opened")
    await answer(db, liked, "dislike", "ben")
    await answer(db, liked, "like", "zoe")
    await answer(db, disliked, "opened")
    await answer(db, disliked, "dislike", "ben")
    await answer(db, opened, "opened")

    samples = [Severity(OTHER, f"It is one team's trouble, said way {n}.") for n in range(3)]
    rows, left_out = await exported(db, *samples)

    assert [(row.fields["said"], row.fields["weight"]) for row in rows] == [
        ("liked", 1.0),
        *[("disliked", pytest.approx(1 / 3))] * 3,
        ("opened", 0.5),
    ]
    assert verdict(rows[0]) == {
        "reasoning": "It fails for all, so it is a failure.",
        "category": "system_failure",
        "evidence": [f"checkout {DOWN}"],
    }
    assert [verdict(row)["reasoning"] for row in rows[1:4]] == [sample.reason for sample in samples]
    assert {verdict(row)["category"] for row in rows[1:4]} == {OTHER}
    assert left_out == {"never opened": 1}


async def test_the_category_that_was_named_is_argued_for_and_what_is_not_proven_is_left_out(db: Database) -> None:
    first, second, third, fourth = [await alert_of(db, f"s{n}", SERVICES[n]) for n in range(4)]
    await answer(db, first, "dislike", category="several_affected")
    await answer(db, second, "dislike", category="several_affected", at=11.0)
    await answer(db, third, "dislike", category="a category of last year", at=12.0)
    await answer(db, fourth, "dislike", at=13.0)
    good = Severity("several_affected", "Several are hit.", (f"checkout {DOWN}",))
    invented = Severity("several_affected", "Several are hit.", ("the whole city is dark",))

    rows, left_out = await exported(
        db,
        *(invented, good, good),
        *(invented, Severity(None, "?"), ModelUnavailable("no answer")),
        *[Severity(OTHER, "")] * 3,
    )

    assert [(verdict(row)["category"], row.fields["weight"]) for row in rows] == [("several_affected", 1.0)]
    assert left_out == {"disliked, without a usable reasoning": 3}


async def test_what_a_rule_judged_and_what_no_longer_stands_there_teach_nothing(db: Database) -> None:
    ruled = await alert_of(db, "s1", "checkout", "the rule “important customers” matches")
    gone = await alert_of(db, "s2", "search")
    for alert in (ruled, gone):
        await answer(db, alert, "like")
    async with db.transaction() as tx:
        await tx.execute("UPDATE messages SET deleted = 1, text = '' WHERE session_id = 's2' AND id = 'm1'")
    assert await exported(db) == ([], {"liked, without a usable reasoning": 2})


async def test_near_duplicates_are_kept_once(db: Database) -> None:
    for number in range(3):
        await answer(db, await alert_of(db, f"s{number}", "checkout"), "opened" if number else "like")
    rows, left_out = await exported(db)
    assert [row.fields["said"] for row in rows] == ["liked"]
    assert left_out == {"near-duplicates": 2}


async def test_only_since_then(db: Database) -> None:
    old, new = [await alert_of(db, f"s{n}", SERVICES[n]) for n in range(2)]
    await answer(db, old, "like", at=10.0)
    await answer(db, new, "like", at=50.0)
    rows, left_out = await exported(db, since=20.0)
    assert ([row.session_id for row in rows], left_out) == (["s1"], {})


async def test_a_trainer_loads_it_split_by_ticket_and_without_secrets(db: Database, tmp_path: Path) -> None:
    for number in range(MANY):
        service = " ".join(f"team{number}part{part}" for part in range(30))
        await answer(db, await alert_of(db, f"s{number}", service), "like")
    rows, left_out = await triage.rows(db, Wanted(), shipped(), ScriptedReasoner())
    write(triage.KIND, rows, tmp_path / "out", Wanted(), 99.0, left_out)

    files = {split: str(tmp_path / "out" / f"{split}.jsonl") for split in ("train", "validation", "test")}
    files = {split: file for split, file in files.items() if (tmp_path / "out" / f"{split}.jsonl").stat().st_size}
    loaded = load_dataset("json", data_files=files, cache_dir=str(tmp_path / "cache"))

    row = loaded["train"][0]
    assert is_conversational(row)
    system, user, _ = (message["content"] for message in row["messages"])
    assert system.startswith("You watch support threads")
    assert '"system_failure" (gravity 2)' in system
    assert "[secret]" in user
    assert KEY not in user
    assert "mia" not in user
    assert "It works again" not in user  # it was written after the alert
    assert verdict(row)["category"] == "system_failure"
    tickets_of = [set(loaded[split]["session_id"]) for split in loaded]
    assert sum(map(len, tickets_of)) == len(set.union(*tickets_of)) == MANY
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert sum(manifest["rows"].values()) == MANY
    assert manifest["redacted"]


async def test_nothing_to_export_is_one_line(db: Database, tmp_path: Path) -> None:
    await alert_of(db, "s1", "checkout")
    rows, left_out = await triage.rows(db, Wanted(), shipped(), ScriptedReasoner())
    with pytest.raises(FlywheelError, match=r"^nothing to export: no judged alerts yet \(1 never opened left out\)$"):
        write(triage.KIND, rows, tmp_path / "out", Wanted(), 1.0, left_out)
