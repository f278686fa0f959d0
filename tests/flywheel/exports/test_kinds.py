"""The exports as trainers read them: `datasets` loads the files, TRL recognises the formats."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from datasets import load_dataset
from trl.data_utils import is_conversational, maybe_unpair_preference_dataset

from tests.flywheel.said import KEY, REFERENCES, adoption, preference, relevance, say, turn_of
from tests.knowledge.entries import BY, document, random_vectors
from vigilbot.errors import FlywheelError
from vigilbot.flywheel.exports import answers, preferences
from vigilbot.flywheel.exports import relevance as relevances
from vigilbot.flywheel.exports.chat import cited, reply
from vigilbot.flywheel.exports.writing import Wanted, write
from vigilbot.models import EVERYONE, AnswerPart, Audience, Finding, Flag, Source, Suggestion, Turn
from vigilbot.storage import annotations as stored
from vigilbot.storage import entries, suggestions
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import aiosqlite

SESSIONS = 30
ROOM = Audience("channel:room")


@pytest_asyncio.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """Sessions with every kind of annotation."""
    opened = await Database.open(tmp_path / "said.db")
    for number in range(SESSIONS):
        await turn_of(opened, number)
        sources = (Source(1, "disk", "disk", "", "…"),)
        part = (AnswerPart("", "Grow the volume [1]."),)
        suggestion = Suggestion(f"g{number}", f"s{number}", f"t{number}", part, sources, "x", "suggest", "posted", 5.0)
        async with opened.transaction() as tx:
            await suggestions.add(tx, suggestion)
        await say(opened, number, relevance(disk="relevant", bill="not_relevant"), at=10.0 + number)
        await say(opened, number, adoption(), at=10.0 + number)
        await say(opened, number, preference("tie", None) if number == 0 else preference(), at=10.0 + number)
    yield opened
    await opened.close()


async def exported(kind: Any, db: Database, folder: Path, wanted: Wanted | None = None) -> Any:
    wanted = wanted or Wanted()
    rows, left_out = await kind.rows(db, wanted)
    write(kind.KIND, rows, folder / "out", wanted, 99.0, left_out)
    files = {split: str(folder / "out" / f"{split}.jsonl") for split in ("train", "validation", "test")}
    return load_dataset("json", data_files=files, cache_dir=str(folder / "cache"))


async def test_preferences_are_what_trl_calls_a_conversational_preference_set(db: Database, tmp_path: Path) -> None:
    loaded = await exported(preferences, db, tmp_path)

    row = loaded["train"][0]
    assert is_conversational(row)
    assert [message["role"] for message in row["prompt"]] == ["system", "user"]
    assert "Grow the volume <doc_1>." in row["chosen"][0]["content"]
    assert "It cannot be done <doc_2>." in row["rejected"][0]["content"]
    assert row["weight"] == pytest.approx(2 / 3)
    assert row["chosen_by"] == {"model": "extractive", "variant": "given", "prompt": ""}
    assert row["rejected_by"] == {"model": "other", "variant": "other_model", "prompt": ""}
    unpaired = maybe_unpair_preference_dataset(loaded["train"].select_columns(["prompt", "chosen", "rejected"]))
    assert sorted(set(unpaired["label"])) == [False, True]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["left_out"] == {"ties": 1}
    assert sum(manifest["rows"].values()) == SESSIONS - 1


async def test_answers_are_chat_messages_that_follow_the_live_prompt(db: Database, tmp_path: Path) -> None:
    loaded = await exported(answers, db, tmp_path)

    row = loaded["train"][0]
    assert is_conversational(row)
    system, user, assistant = (message["content"] for message in row["messages"])
    assert system.startswith("You answer a customer's questions")
    assert "How do I grow the disk?" in user
    assert "Grow the volume." in user
    assert json.loads(assistant) == {
        "reasoning": "Fitting: <doc_1>.",
        "answers": [{"question": 1, "refused": False, "text": "Detach it, then grow the volume <doc_1>."}],
    }
    assert KEY not in user
    assert "[secret]" in user
    assert "mia" not in user
    sessions = [set(loaded[split]["session_id"]) for split in loaded]
    assert sum(map(len, sessions)) == len(set.union(*sessions)) == SESSIONS


async def test_relevance_is_what_a_cross_encoder_trains_on(db: Database, tmp_path: Path) -> None:
    loaded = await exported(relevances, db, tmp_path)

    rows = loaded["train"].select_columns(["query", "passage", "label"])
    assert set(rows["label"]) == {0.0, 1.0}
    assert rows[0]["passage"] == "disk\nGrow the volume."
    assert rows.features["label"].dtype == "float64"


async def test_only_what_was_asked_for_and_nothing_doubted(db: Database) -> None:
    narrow = await say(db, 1, relevance(disk="partly"), by="bob", audience=ROOM, at=50.0)
    rows, _ = await relevances.rows(db, Wanted(audience=ROOM))
    assert [row.fields["label"] for row in rows] == [0.5]
    rows, _ = await relevances.rows(db, Wanted(since=50.0))
    assert len(rows) == 1
    async with db.transaction() as tx:
        await stored.flag(tx, Flag(narrow.id, "rules", "in a second", 60.0))
    rows, left_out = await relevances.rows(db, Wanted(since=50.0))
    assert (rows, dict(left_out)) == ([], {"flagged by a judge": 1})


async def accepted_card(tx: aiosqlite.Connection, cites: str) -> None:
    """Of the last session's turn."""
    await tx.execute(
        """INSERT INTO cards (id, session_id, turn_id, parts, sources, reasoner, vector, state, accepted_by,
                              accepted_at, created_at)
           VALUES ('c', 's99', 't99', ?, ?, 'x', x'', 'accepted', 'mia', 70.0, 60.0)""",
        (
            json.dumps([{"question": "", "text": "Grow it [1].", "refused": False}]),
            json.dumps([{"number": 1, "entry_id": cites, "title": "", "url": "", "excerpt": ""}]),
        ),
    )


async def test_an_accept_alone_counts_half(db: Database) -> None:
    await turn_of(db, 99)
    async with db.transaction() as tx:
        await accepted_card(tx, "bill")
    rows, _ = await answers.rows(db, Wanted(since=60.0))
    [row] = rows
    assert (row.fields["weight"], row.fields["use"]) == (0.5, "accepted")
    assert "Grow it <doc_2>." in str(row.fields["messages"])


@pytest.mark.parametrize(
    ("bill_is_for", "exported_for"),
    [(EVERYONE, EVERYONE), (ROOM, ROOM), (Audience("customer:mia"), Audience("customer:mia")), (None, None)],
)
async def test_a_prompt_is_exported_for_those_alone_who_may_see_all_it_shows(
    db: Database, bill_is_for: Audience | None, exported_for: Audience | None
) -> None:
    """The card cites `disk`, which is for everyone; `bill` stands in the prompt as well, or has been forgotten."""
    await turn_of(db, 99)
    async with db.transaction() as tx:
        shown = [document("disk", "Grow the volume.")]
        shown += [document("bill", "Invoices come monthly.", audience=bill_is_for)] if bill_is_for else []
        await entries.write(tx, shown, random_vectors(len(shown), 4), "none", BY)
        await accepted_card(tx, "disk")
    for audience in (EVERYONE, ROOM, Audience("customer:mia"), Audience("customer:other")):
        rows, _ = await answers.rows(db, Wanted(since=60.0, audience=audience))
        assert len(rows) == (audience == exported_for)
    rows, _ = await answers.rows(db, Wanted(since=60.0))
    assert len(rows) == 1


def test_marks_become_the_citations_they_stood_for() -> None:
    finding = Finding("time.now", {"zone": "UTC"}, "It is noon.", 1.0)
    turn = Turn("t", "s", (), 1.0, references=REFERENCES, findings=(finding,))
    sources = (Source(1, "", f"Tool {finding.title}", "", "…"), Source(2, "bill", "bill", "", "…"))

    assert cited("Noon [1], so wait [2], or [9] not.", sources, turn) == "Noon <tool_1>, so wait <doc_2>, or  not."
    [message] = reply("Noon <tool_1>.")
    assert json.loads(message["content"])["reasoning"] == "Fitting: <tool_1>."


async def test_an_export_with_nothing_in_it_is_one_clear_line(tmp_path: Path) -> None:
    db = await Database.open(tmp_path / "empty.db")
    for kind in (preferences, answers, relevances):
        rows, left_out = await kind.rows(db, Wanted())
        with pytest.raises(FlywheelError, match=f"^nothing to export: no {kind.KIND.name} yet$"):
            write(kind.KIND, rows, tmp_path / "out", Wanted(), 1.0, left_out)
    await db.close()
