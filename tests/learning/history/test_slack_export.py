"""Exports as people have them: whole, cut, odd and hostile. No model is needed to read them."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.learning.history.exports import QUESTION, START, Export
from vigilbot.errors import IngestError
from vigilbot.learning.history import gathering
from vigilbot.learning.history.people import Roles
from vigilbot.learning.history.records import Fault, Left, Line, Thread
from vigilbot.learning.history.slack_export import SlackExport

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400.0


def read(path: Path, **more: Any) -> tuple[list[Thread], Counter[str], list[str]]:
    """Threads, unused messages by reason, faults."""
    threads, left, faults = [], Counter[str](), []
    with closing(SlackExport(path, **more)) as export:
        for found in export.read():
            match found:
                case Thread():
                    threads.append(found)
                case Left(reason, messages):
                    left[reason] += messages
                case Fault(text):
                    faults.append(text)
        assert export.progress == 1.0
    return threads, left, faults


def test_folder_zip_and_zip_of_a_folder_say_the_same(tmp_path: Path) -> None:
    export = Export()
    export.solved()
    expected = read(export.folder(tmp_path / "export"))
    assert read(export.zip(tmp_path / "a.zip")) == expected
    assert read(export.zip(tmp_path / "b.zip", "acme export/")) == expected
    [thread], left, faults = expected
    assert thread.place.session_id == f"slack-C1-{START}.000000"
    assert [(line.author, line.role) for line in thread.lines] == [
        ("U1", None),
        ("U2", None),
        ("U2", None),
        ("U1", None),
    ]
    assert thread.lines[0].text == QUESTION
    assert not left
    assert not faults


def test_texts_are_what_a_live_bot_would_have_stored(tmp_path: Path) -> None:
    export = Export()
    root = export.say("U1", "*Why* does <https://x.example/a|the page> say &lt;b&gt; to <@U2>?", 0, 0)
    export.say("U2", "<@UBOT> see <#C1|help>", 1, 0, files=[{"name": "trace.log", "mimetype": "text/plain"}])
    export.say("U2", "<@UBOT> close", 2, 0)
    export.say("UBOT", "a card", 3, 0, bot_id="B1")
    export.say("", "alert", 4, 0, subtype="bot_message", username="pager", bot_id="B2")
    export.say("U1", "edited", 5, 0, edited={"user": "U1", "ts": f"{START + 9}.000000"})
    export.say("U1", "<@U1> has joined", 6, 0, subtype="channel_join")
    export.say("USLACKBOT", "This message was deleted.", 7, 0, subtype="tombstone")
    [thread], left, _ = read(export.folder(tmp_path))
    assert thread.lines[0].id == root
    assert [(line.author, line.role, line.text) for line in thread.lines] == [
        ("U1", None, "Why does the page (https://x.example/a) say <b> to @U2?"),
        ("U2", None, "@vigil see #help\n(file: trace.log)"),
        ("UBOT", "bot", "a card"),
        ("B2", "bot", "alert"),
        ("U1", None, "edited"),
    ]
    assert left == {"commands to a bot": 1, "joins, topics and other notices": 1, "deleted": 1}


def test_edits_and_deletions_of_a_full_log_take_effect(tmp_path: Path) -> None:
    export = Export()
    first = export.say("U1", "old words", 0, 0)
    second = export.say("U2", "to be deleted", 10, 0)
    export.say("U1", "", 20, subtype="message_changed", message={"user": "U1", "ts": first, "text": "new words"})
    previous = {"user": "U2", "ts": second, "thread_ts": first}
    export.say("U2", "", 30, subtype="message_deleted", deleted_ts=second, previous_message=previous)
    [thread], _, _ = read(export.folder(tmp_path))
    assert [line.text for line in thread.lines] == ["new words"]


def test_a_thread_over_many_days_is_one_and_a_very_late_reply_goes_on(tmp_path: Path) -> None:
    export = Export()
    export.say("U1", "asked", 0, 0)
    export.say("U2", "answered", 3 * DAY, 0)
    export.say("U1", "something else", 50 * DAY, 50 * DAY)
    export.say("U2", "by the way", 51 * DAY, 0)
    threads, _, _ = read(export.folder(tmp_path))
    assert [(thread.whole, [line.text for line in thread.lines]) for thread in threads] == [
        (True, ["asked", "answered"]),
        (True, ["something else"]),
        (False, ["by the way"]),
    ]


def test_no_more_than_so_many_messages_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_HELD", 100)
    threads = gathering.Gathering("slack", "C1")
    for number in range(1_000):
        threads.add(f"{number}.0", Line(f"{number}.0", "U1", "words", float(number)))
        for _ in threads.over(float(number)):
            pass
        assert threads._held <= 100


def test_channels_and_the_first_day(tmp_path: Path) -> None:
    export = Export(channels=[{"id": "C1", "name": "help"}, {"id": "C2", "name": "ops"}])
    export.solved()
    export.solved(at=3 * DAY)
    export.solved(channel="ops")
    export.folder(tmp_path)
    assert {thread.place.channel for thread in read(tmp_path, only=["#ops"])[0]} == {"C2"}
    since = date(2023, 11, 16)  # the first thread began on the 14th
    assert [thread.place.thread for thread in read(tmp_path, only=["C1"], since=since)[0]] == [f"{START + 3 * DAY:.6f}"]
    with pytest.raises(IngestError, match=r"--channels nope: the export has no such channel; it has help, ops"):
        SlackExport(tmp_path, ["nope"])


def test_names_that_lead_out_are_not_read(tmp_path: Path) -> None:
    export = Export()
    export.solved()
    export.files = {f"{way}/2023-11-14.json": "[]" for way in ("../help", "/help", "..", "help\\..", "C:")}
    path = export.zip(tmp_path / "slip.zip")
    threads, _, faults = read(path)
    assert len(threads) == 1
    assert len(faults) == len(export.files)
    assert all("leads out of the zip" in fault for fault in faults)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["slip.zip"]


def test_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('[{"type": "message", "user": "U1", "ts": "1.0", "text": "secret"}]')
    folder = Export().folder(tmp_path / "export")
    (folder / "help").mkdir()
    (folder / "help" / "2023-11-14.json").symlink_to(tmp_path / "secret.json")
    threads, _, faults = read(folder)
    assert not threads
    assert faults == ["help/2023-11-14.json: leads out of the folder, so it is not read"]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    export = Export()
    export.solved()
    export.files["help/2030-01-01.json"] = b"[" + b" " * 40_000_000 + b"]"
    threads, _, faults = read(export.zip(tmp_path / "bomb.zip"))
    assert len(threads) == 1
    assert faults == ["help/2030-01-01.json: unpacks to more than 250 times its size, so it is not read"]


def test_a_member_that_is_longer_than_it_says(tmp_path: Path) -> None:
    export = Export()
    export.files["help/2030-01-01.json"] = json.dumps(
        [{"type": "message", "user": "U1", "ts": "1.0", "text": "x" * 900}]
    )
    path = export.zip(tmp_path / "lie.zip")
    with zipfile.ZipFile(path) as packed:
        told = packed.getinfo("help/2030-01-01.json").file_size
    path.write_bytes(path.read_bytes().replace(told.to_bytes(4, "little"), (50).to_bytes(4, "little")))
    threads, _, [fault] = read(path)
    assert not threads
    assert fault.startswith("help/2030-01-01.json: cannot be unpacked")


def test_broken_day_files_do_not_stop_the_others(tmp_path: Path) -> None:
    export = Export()
    export.solved(at=5 * DAY)
    export.files = {
        "help/2020-01-01.json": "{oops",
        "help/2020-01-02.json": '[{"type": "message", "user": "U1", "ts": "1577923200.0", "text": "cut off"}, {"ty',
        "help/2020-01-03.json": b"\xff\xfe",
        "help/2020-01-04.json": '[1, null, "x", {"ts": 5}, {"ts": "tomorrow"}, {"ts": "99999999999", "text": "a"}]',
        "help/2020-01-05.json": json.dumps([{"user": "U1", "ts": "1577923299.0", "text": "\ud800\0odd", "files": 7}]),
        "help/notes.json": "not a day",
    }
    threads, left, faults = read(export.zip(tmp_path / "odd.zip"))
    assert [thread.lines[0].text for thread in threads] == ["cut off", "?odd", QUESTION]
    assert left == {"not a message": 3, "no readable time": 3}
    assert [fault.partition(":")[0] for fault in faults] == [f"help/2020-01-0{day}.json" for day in (1, 2, 3)]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"just text"])
def test_what_is_no_zip(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(IngestError, match=r"a\.zip: is not a readable zip"):
        SlackExport(tmp_path / "a.zip")


def test_what_is_no_export(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"holds no channels\.json"):
        SlackExport(tmp_path)


def test_people_are_found_by_id_and_name_and_doubt_is_refused(tmp_path: Path) -> None:
    people = SlackExport(Export().folder(tmp_path)).people
    assert people.analysts(["U9", "@ann", "Ann Lee"], "--analysts") == {"U9", "U2"}
    assert people.analysts(["home-workspace"], "VIGIL_ANALYSTS") == {"U1", "U2", "U4"}
    with pytest.raises(IngestError, match="--analysts @nobody: is nobody"):
        people.analysts(["@nobody"], "--analysts")
    with pytest.raises(IngestError, match="means several people"):
        people.analysts(["Ann L."], "--analysts")


def test_whoever_is_in_doubt_is_a_customer() -> None:
    guessing = Roles(first_author_asks=True, members={"U1", "U2"})
    named = Roles(frozenset({"U2"}))
    roles = {
        author: (guessing.of(Line("1", author, "", 1.0), "U1"), named.of(Line("1", author, "", 1.0), "U1"))
        for author in ("U1", "U2", "U3", "U404")
    }
    assert roles == {
        "U1": ("customer", "customer"),
        "U2": ("analyst", "analyst"),
        "U3": ("customer", "customer"),
        "U404": ("customer", "customer"),
    }
    assert named.of(Line("1", "U2", "", 1.0, role="bot"), "U1") == "bot"


@pytest.mark.parametrize("users", [None, [], [1, {"id": 5}, {"name": "x"}], {"not": "a list"}, "text"])
def test_missing_or_odd_users(tmp_path: Path, users: object) -> None:
    export = Export(users=users)
    export.solved()
    threads, _, faults = read(export.folder(tmp_path))
    assert len(threads) == 1
    assert len(faults) == (0 if isinstance(users, list) else 1)
