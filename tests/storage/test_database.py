from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from vigilbot.chat.base import CardAccepted, CommandGiven, MessageEdited, MessagePosted, Place, SessionOpened
from vigilbot.chat.wire import decode, encode
from vigilbot.errors import DatabaseDamaged, DataFolderLocked, StorageError
from vigilbot.models import Image, Message, Session
from vigilbot.storage import inbox, sessions
from vigilbot.storage.database import Database, migrations
from vigilbot.storage.folder import locked

pytestmark = pytest.mark.disk

STRINGS = Path(__file__).parents[3] / "shared" / "data" / "security" / "strings" / "blns.json"
SESSION = Session("s", "console", "room", "1", "title", "open", opened_at=1.0, active_at=1.0)


async def test_migrations_are_numbered_in_order_and_applied_once(tmp_path: Path) -> None:
    numbers = [number for number, _, _ in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))  # one that lands after a higher one would never be applied
    for _ in range(2):
        db = await Database.open(tmp_path / "a.db")
        assert [row[0] for row in await db.rows("PRAGMA user_version")] == [numbers[-1]]
        await db.close()


async def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("PRAGMA user_version = 9999")
    with pytest.raises(StorageError, match="install a newer vigilbot"):
        await Database.open(tmp_path / "a.db")


async def test_a_damaged_database_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"this is no database" * 500)
    with pytest.raises(DatabaseDamaged, match="restore a backup"):
        await Database.open(path)
    assert path.read_bytes().startswith(b"this is no database")


async def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    db = await Database.open(tmp_path / "a.db")
    with pytest.raises(RuntimeError):
        async with db.transaction() as tx:
            await sessions.save(tx, SESSION)
            raise RuntimeError
    assert await sessions.find(db, "s") is None
    async with db.transaction() as tx:
        await sessions.save(tx, SESSION)
    assert await sessions.get(db, "s") == SESSION
    await db.close()


async def test_what_is_durable_is_set_so(tmp_path: Path) -> None:
    db = await Database.open(tmp_path / "a.db")
    async with db.transaction() as tx:
        [(synchronous,)] = await tx.execute_fetchall("PRAGMA synchronous")
        [(journal,)] = await tx.execute_fetchall("PRAGMA journal_mode")
        [(foreign_keys,)] = await tx.execute_fetchall("PRAGMA foreign_keys")
    assert (synchronous, journal, foreign_keys) == (2, "wal", 1)
    await db.close()


async def test_odd_strings_come_back_byte_for_byte(tmp_path: Path) -> None:
    db = await Database.open(tmp_path / "a.db")
    texts = json.loads(STRINGS.read_text("utf-8"))
    async with db.transaction() as tx:
        await sessions.save(tx, SESSION)
        for number, text in enumerate(texts):
            await sessions.add_message(tx, Message(f"{number:05}", "s", text, "customer", text, number), None)
    assert [message.text for message in await sessions.messages(db, "s")] == texts
    await db.close()


PLACE = Place("slack", "C1", "1.0")


@pytest.mark.parametrize(
    "event",
    [
        SessionOpened("1", PLACE, "t", 1.0),
        MessagePosted(
            "2", PLACE, "1.0", "U1", "customer", "a 🙂", 1.0, (Image("https://f", "image/png"),), addressed=True
        ),
        MessageEdited("3", PLACE, "1.0", "b", 2.0),
        CommandGiven("4", PLACE, "close", "U2", "analyst", 3.0),
        CardAccepted("5", PLACE, "card", "U1", 4.0),
    ],
    ids=lambda event: type(event).__name__,
)
def test_events_survive_the_inbox(event: MessagePosted) -> None:
    assert decode(encode(event)) == event


async def test_a_disk_that_cannot_be_read_is_one_clear_line_and_a_wrong_statement_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = await Database.open(tmp_path / "a.db")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await db.rows("SELECT * FROM absent")

    async def broken(*_: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR"
        raise error

    monkeypatch.setattr(db._reader, "execute_fetchall", broken)
    with pytest.raises(StorageError, match="cannot be read"):
        await db.rows("SELECT 1")
    await db.close()


async def test_an_odd_event_in_the_inbox_keeps_nobody_from_starting(tmp_path: Path) -> None:
    db = await Database.open(tmp_path / "a.db")
    event = MessagePosted("2", PLACE, "1.0", "U1", "customer", "half \ud83d", 1.0)
    async with db.transaction() as tx:
        await inbox.add(tx, [inbox.Row(event.event_id, None, "slack", encode(event), 1.0)])
    [payload] = await inbox.unfinished(db)
    assert isinstance(decode(payload), MessagePosted)
    await db.close()


def test_a_folder_serves_one_process(tmp_path: Path) -> None:
    with locked(tmp_path / "new" / "folder") as folder:
        program = "import pathlib, sys, vigilbot.storage.folder as f\nwith f.locked(pathlib.Path(sys.argv[1])): pass"
        second = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=False)
        assert second.returncode != 0
        assert f"in use by another vigilbot (process {os.getpid()})" in second.stderr
        with pytest.raises(DataFolderLocked), locked(folder):
            pass
    with locked(folder):
        pass


async def test_what_people_wrote_is_its_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        with locked(tmp_path / "data") as folder:
            db = await Database.open(folder / "vigilbot.db")
            async with db.transaction() as tx:
                await sessions.save(tx, SESSION)
            modes = {path.name: path.stat().st_mode & 0o777 for path in [folder, *folder.iterdir()]}
            await db.close()
    finally:
        os.umask(before)
    assert {"vigilbot.db", "vigilbot.db-wal", "vigilbot.lock"} < modes.keys()
    assert modes.pop("data") == 0o700
    assert set(modes.values()) == {0o600}


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError, match=r"VIGIL_DATA_DIR=.*cannot be written"), locked(tmp_path / "file" / "data"):
        pass
