"""An import from file to knowledge, with the real encoder, reasoner and stores."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.learning.history.exports import ANSWER, QUESTION, Export
from tests.scene import staged
from vigilbot import config
from vigilbot.chat.base import MessagePosted, Place
from vigilbot.commands.import_history import Wanted, address_of, learn_from_history
from vigilbot.errors import ConfigError, IngestError, ModelUnavailable
from vigilbot.knowledge.commands import opened
from vigilbot.learning.closing import Closing
from vigilbot.learning.history.importing import FAILURES_IN_A_ROW
from vigilbot.models import EVERYONE, Question
from vigilbot.storage import jobs, sessions

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.config import Settings
    from vigilbot.learning.history.report import ImportReport
    from vigilbot.models import Reference
    from vigilbot.storage.jobs import Job

SCOPE = "Acme ingest: its workers, files, settings and errors"
DAY = 86_400.0


def settings_of(folder: Path, **more: Any) -> Settings:
    return config.load(None, data_dir=folder / "data", scope=SCOPE, **more)


async def learn(settings: Settings, path: Path, **more: Any) -> ImportReport:
    wanted = Wanted(path, **{"analysts": ("@ann",), **more})
    return await learn_from_history(settings, wanted, lambda _done, _of, _label: None)


async def asked(settings: Settings, question: str) -> list[Reference]:
    async with opened(settings) as knowledge:
        return await knowledge.search(Question(question), audiences=frozenset({EVERYONE}), limit=5)


async def test_an_export_teaches_once(tmp_path: Path) -> None:
    export, settings = Export(), settings_of(tmp_path)
    root = export.solved()
    export.say("U1", "anybody here?", 900)
    export.say("U1", "and the weather?", 1_000, 1_000)
    export.say("U1", "nobody says anything", 1_100, 1_000)
    export.say("UBOT", "disk full", 2_000, 2_000)
    path = export.zip(tmp_path / "export.zip")
    first = await learn(settings, path, workspace="acme.slack.com")
    figures = first.as_json()
    assert (figures["threads"], figures["messages"], figures["sessions"], figures["pairs_learnt"]) == (4, 8, 1, 1)
    assert figures["people"] == {"customer": 1, "analyst": 1, "bot": 1}
    assert figures["skipped_threads"] == {"a single message": 1, "no analyst answered": 1, "no customer wrote": 1}
    [pair] = [found for found in await asked(settings, "EMFILE in the ingest worker") if found.kind == "qa"]
    assert "LimitNOFILE=65536" in pair.text
    assert pair.source == f"https://acme.slack.com/archives/C1/p{root.replace('.', '')}"
    again = (await learn(settings, path)).as_json()
    assert (again["sessions"], again["questions"], again["skipped_threads"]["known already"]) == (0, 0, 1)


async def test_a_dry_run_tells_and_changes_nothing(tmp_path: Path) -> None:
    export, settings = Export(), settings_of(tmp_path)
    export.solved()
    path = export.folder(tmp_path / "export")
    report = await learn(settings, path, dry_run=True)
    assert "1 answers would be learnt" in report.text()
    async with opened(settings) as knowledge:
        assert not await sessions.recent(knowledge.db)
        assert not await knowledge.sources()
    assert (await learn(settings, path)).lessons["learnt"] == 1


async def test_a_later_export_of_a_thread_that_went_on(tmp_path: Path) -> None:
    export, settings = Export(), settings_of(tmp_path)
    root = export.solved()
    await learn(settings, export.folder(tmp_path / "first"))
    export.say("U2", "Correction, ignore that: set `fs.file-max` on the host, the unit file is not read.", 400, 0)
    report = await learn(settings, export.folder(tmp_path / "second"))
    assert report.sessions == 1
    async with opened(settings) as knowledge:
        stored = await sessions.messages(knowledge.db, f"slack-C1-{root}")
    assert len(stored) == 5


async def test_approve_waits_off_refuses_and_somebody_must_be_an_analyst(tmp_path: Path) -> None:
    export = Export()
    export.solved()
    path = export.folder(tmp_path / "export")
    with pytest.raises(ConfigError, match="VIGIL_LEARNING=off: nothing would be learnt"):
        await learn(settings_of(tmp_path, learning="off"), path)
    with pytest.raises(IngestError, match="who are the analysts"):
        await learn(settings_of(tmp_path), path, analysts=())
    with pytest.raises(IngestError, match="VIGIL_ANALYSTS @support: is nobody"):
        await learn(settings_of(tmp_path, analysts="@support"), path, analysts=())
    settings = settings_of(tmp_path, learning="approve")
    report = await learn(settings, path, analysts=(), first_author_asks=True)
    assert "waiting for approval" in report.text()
    assert not [found for found in await asked(settings, "EMFILE in the ingest worker") if found.kind == "qa"]


async def test_bots_and_customers_never_teach(tmp_path: Path) -> None:
    export, settings = Export(), settings_of(tmp_path)
    export.solved()
    export.messages = [(channel, told | {"user": "U3"}) for channel, told in export.messages if told["user"] == "U2"]
    export.say("U1", QUESTION, 0, 0)
    export.say("UBOT", ANSWER, 50, 0, bot_id="B1")
    export.say("U404", f"the answer is: {ANSWER}", 60, 0)
    report = (await learn(settings, export.folder(tmp_path / "export"), analysts=(), first_author_asks=True)).as_json()
    assert report["skipped_threads"] == {"no analyst answered": 1}
    assert report["pairs_learnt"] == 0


async def test_dialogues_in_jsonl(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    rows = [
        {
            "role": "customer",
            "author": "carol",
            "text": QUESTION,
        },
        {"role": "analyst", "author": "ann", "text": ANSWER},
        {"role": "customer", "author": "carol", "text": "thanks, that worked"},
    ]
    (tmp_path / "old.jsonl").write_text(json.dumps({"id": "one", "dialogue": rows}) + "\n{oops\n")
    report = await learn(settings, tmp_path / "old.jsonl", analysts=())
    assert (report.sessions, report.lessons["learnt"], report.faults.first[0][:17]) == (1, 1, "old.jsonl, line 2")


async def test_a_failing_model_stops_the_import_which_then_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export, settings = Export(), settings_of(tmp_path)
    for number in range(7):
        export.solved(at=number * DAY, question=f"How do I raise limit number {number} of the ingest worker?")
    path = export.folder(tmp_path / "export")

    async def down(_self: Closing, _job: Job) -> None:
        raise ModelUnavailable("the model is down")

    with monkeypatch.context() as broken:
        broken.setattr(Closing, "learn", down)
        report = await learn(settings, path)
    assert report.failed.count == FAILURES_IN_A_ROW
    assert "run it again to go on" in report.stopped
    report = await learn(settings, path)
    assert (report.sessions, report.failed.count, report.stopped) == (7, 0, "")
    async with opened(settings) as knowledge:
        assert await jobs.next_due(knowledge.db, 4e9) is None


async def test_what_the_bot_was_in_is_left_alone(tmp_path: Path) -> None:
    export, settings = Export(), settings_of(tmp_path)
    root = export.solved()
    place = Place("slack", "C1", root)
    async with staged(settings.data_dir) as scene:
        posted = MessagePosted("e", place, root, "U1", "customer", "How do I raise it?", float(root))
        await scene.app.intake.receive(posted)
        await scene.app.activity.quiet()
    report = await learn(settings, export.folder(tmp_path / "export"))
    assert report.skipped == {"still open at the bot": 1}
    async with opened(settings) as knowledge:
        assert len(await sessions.messages(knowledge.db, place.session_id)) == 1


async def test_beside_a_running_bot(tmp_path: Path) -> None:
    export, settings = Export(), settings_of(tmp_path)
    export.solved()
    async with staged(settings.data_dir):
        report = await learn(settings, export.folder(tmp_path / "export"))
    assert report.lessons["learnt"] == 1


@pytest.mark.parametrize("workspace", ["https://evil.example/acme", "a b", "acme.slack.com.evil.example", "@"])
async def test_an_address_that_is_no_workspace(tmp_path: Path, workspace: str) -> None:
    with pytest.raises(IngestError, match="must be the workspace's address"):
        await learn(settings_of(tmp_path), tmp_path, workspace=workspace)


@pytest.mark.parametrize("workspace", ["acme", "acme.slack.com", "https://Acme.slack.com/"])
def test_workspaces(workspace: str) -> None:
    assert address_of(workspace) == "https://acme.slack.com"


async def test_a_file_in_which_nothing_can_be_read_is_an_error_and_one_bad_line_is_not(tmp_path: Path) -> None:
    path, settings = tmp_path / "notes.jsonl", settings_of(tmp_path)
    path.write_text("no JSON\n{}\n")
    with pytest.raises(IngestError, match="nothing in it can be read: notes"):
        await learn(settings, path)
    path.write_text('no JSON\n{"id": "1", "dialogue": [{"role": "customer", "text": "Anybody here?"}]}\n')
    report = await learn(settings, path)
    assert (report.threads, report.faults.count) == (1, 1)
