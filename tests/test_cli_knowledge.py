"""`vigilbot knowledge` as an admin uses it: with the bot stopped, and beside a running one."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import time
import urllib.parse
import urllib.request
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest
import pytest_asyncio

from tests.canaries import canaries
from tests.knowledge.curation.test_forget import residue
from tests.standins.process import free_port
from tests.test_cli import VIGILBOT, environment, refused, vigilbot
from vigilbot.knowledge.ingest.ingesting import ingest
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import EVERYONE, Origin
from vigilbot.storage.database import Database
from vigilbot.storage.entries import Change, Content, NewVersion, Shelf
from vigilbot.storage.folder import DATABASE, INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vigilbot.embedding.base import Embedder
    from vigilbot.models import EntryStatus

GUIDE = """# Port

To change the port of the console, set `VIGIL_PORT` and restart.

# Interface

Set `VIGIL_HOST` to listen on another network interface.
"""


WHY = f"wrong, ghp_{canaries('why').secrets[0]} leaked"


def knowledge(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return vigilbot("knowledge", *words, cwd=folder)


def printed(folder: Path, *words: object) -> Any:
    done = knowledge(folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def template(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """Knowledge of a guide with two passages, a pair that was learnt and one that waits for approval."""
    folder = tmp_path_factory.mktemp("stocked")
    (folder / "guide.md").write_text(GUIDE)
    (folder / "data").mkdir()
    db = await Database.open(folder / "data" / DATABASE)
    opened = LocalKnowledge(db, embedder, folder / "data" / INDEX)
    await opened.open()
    await ingest(opened, [folder / "guide.md"])
    by = Change("learning", "Ann told so", time.time(), (Origin("console-room-1", people=("ann",)),))
    for id_, status in (("learnt", "active"), ("waiting", "pending")):
        content = Content("", f"Because of {id_}.", "https://example.org/thread", f"Why is it {id_}?")
        await opened.put([NewVersion(id_, Shelf("qa", EVERYONE), content, cast("EntryStatus", status))], by)
    await opened.close()
    await db.close()
    return folder


@pytest.fixture
def stocked(template: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return shutil.copytree(template, tmp_path, dirs_exist_ok=True)


def test_looking_at_what_there_is(stocked: Path) -> None:
    found = printed(stocked, "list")
    assert (found["total"], {entry["id"] for entry in found["entries"]} >= {"learnt", "waiting"}) == (4, True)
    assert [entry["id"] for entry in printed(stocked, "list", "--person", "ann", "--status", "active")["entries"]] == [
        "learnt"
    ]
    listed = knowledge(stocked, "list", "network", "interface").stdout
    assert "Interface" in listed
    assert "1 entries" in listed
    shown = knowledge(stocked, "show", "learnt").stdout
    assert "from session console-room-1; taught by ann" in shown
    assert "Because of learnt." in shown
    first, *_ = printed(stocked, "search", "how do I change the port?")
    assert first["title"].endswith("Port")
    assert first["scores"]["dense"] > 0.3
    assert "dense" in knowledge(stocked, "search", "change the port").stdout
    [version] = printed(stocked, "history", "learnt")
    assert (version["who"], version["why"], version["origins"][0]["people"]) == ("learning", "Ann told so", ["ann"])
    assert "1 waiting for approval" in knowledge(stocked, "review").stdout


def test_correcting_it(stocked: Path) -> None:
    assert "learnt: version 2, retired" in knowledge(stocked, "retire", "learnt", "--why", WHY, "--who", "sam").stdout
    assert "is retired already" in refused(knowledge(stocked, "retire", "learnt"))
    assert printed(stocked, "revert", "learnt") == {"id": "learnt", "version": 3, "status": "active"}
    assert printed(stocked, "approve", "waiting")["status"] == "active"
    assert "not pending" in refused(knowledge(stocked, "approve", "waiting"))
    assert "has no version 9" in refused(knowledge(stocked, "revert", "learnt", "--to", 9))
    told = knowledge(stocked, "history", "learnt").stdout
    assert "version 2, retired: sam" in told
    assert ": wrong, [secret] leaked" in told


def test_what_cannot_be_done_is_one_line(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    for command in ("show", "history", "retire"):
        assert "no entry nosuch" in refused(knowledge(stocked, command, "nosuch"))
    assert "nothing comes from session nosuch" in refused(knowledge(stocked, "forget", "--session", "nosuch"))
    assert "nothing comes from person nosuch" in refused(knowledge(stocked, "forget", "--person", "nosuch", "--yes"))
    assert knowledge(stocked, "forget").returncode == 2
    for words in (("list",), ("export",), ("search", "Which port?")):
        assert "--audience acme: must be" in refused(knowledge(stocked, *words, "--audience", "acme"))
    assert "the question is empty" in refused(knowledge(stocked, "search", " "))
    assert "nothing is known of the future" in refused(vigilbot("stats", "--since", "2999-01-01", cwd=stocked))
    empty = tmp_path_factory.mktemp("empty")
    assert "holds no knowledge yet" in refused(knowledge(empty, "list"))
    assert "holds no knowledge yet" in refused(knowledge(empty, "rebuild"))
    assert not (empty / "data").exists()


def test_an_export_is_read_back(stocked: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in knowledge(stocked, "export").stdout.splitlines()]
    assert len(rows) == 3  # what waits is no knowledge yet
    learnt = next(row for row in rows if row["id"] == "learnt")
    assert (learnt["question"], learnt["origins"][0]["session_id"]) == ("Why is it learnt?", "console-room-1")
    fresh = tmp_path / "elsewhere"
    fresh.mkdir()
    (fresh / "export.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert json.loads(vigilbot("ingest", "export.jsonl", "--json", cwd=fresh).stdout)["added"] == 3
    again = [json.loads(line) for line in knowledge(fresh, "export").stdout.splitlines()]
    said = [{(row["title"], row.get("text"), row.get("answer"), row["url"]) for row in some} for some in (rows, again)]
    assert said[0] == said[1]


def test_a_closed_pipe_is_one_line(stocked: Path) -> None:
    command = [*VIGILBOT, "knowledge", "export"]
    settings = environment(VIGIL_DATA_DIR=stocked / "data")
    with subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read().splitlines() == ["vigilbot: whoever was reading the output has closed it"]
        assert process.wait(timeout=30) == 1


def test_rebuilding_and_forgetting(stocked: Path) -> None:
    assert printed(stocked, "rebuild") == {"entries": 3}
    foreseen = knowledge(stocked, "forget", "--person", "ann").stdout
    assert "remove   learnt  Why is it learnt?" in foreseen
    assert "nothing has been changed" in foreseen
    assert printed(stocked, "show", "learnt")["text"] == "Because of learnt."
    with closing(sqlite3.connect(stocked / "data" / DATABASE)) as db:
        [(vector,)] = db.execute(
            "SELECT vector FROM vectors JOIN entries ON seq = entry_seq WHERE id = 'learnt'"
        ).fetchall()
    assert residue(stocked / "data", vector)
    done = printed(stocked, "forget", "--person", "ann", "--yes")
    assert ({entry["id"] for entry in done["removed"]}, done["done"]) == ({"learnt", "waiting"}, True)
    assert "no entry learnt" in refused(knowledge(stocked, "show", "learnt"))
    assert (stocked / "data" / INDEX).is_dir()
    assert residue(stocked / "data", b"Because of", b"Why is it", vector) == []
    assert printed(stocked, "search", "change the port")[0]["title"].endswith("Port")


@contextmanager
def bot(folder: Path) -> Iterator[str]:
    """`vigilbot run` on the folder's data; yields its address once it is ready."""
    port = free_port()
    settings = environment(VIGIL_DATA_DIR=folder / "data", VIGIL_PORT=port)
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [*VIGILBOT, "run"], env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            until(lambda: "ready" in asked(f"{address}/readyz"), 60)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)


def until(seen: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if seen():
                return
        except OSError:
            pass  # not listening, or not ready yet
        time.sleep(0.1)
    raise TimeoutError


def asked(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own loopback address
        return json.load(response)


def test_beside_a_running_bot(stocked: Path) -> None:
    with bot(stocked) as address:
        query = urllib.parse.urlencode({"query": "Why is it learnt?"})

        def known() -> bool:
            return "learnt" in {found["entry_id"] for found in asked(f"{address}/api/knowledge?{query}")["references"]}

        assert known()
        assert printed(stocked, "list")["total"] == 4
        assert printed(stocked, "search", "Why is it learnt?")[0]["entry_id"] == "learnt"
        assert len(knowledge(stocked, "export").stdout.splitlines()) == 3
        assert printed(stocked, "retire", "learnt")["status"] == "retired"
        until(lambda: not known(), 10)
        assert printed(stocked, "revert", "learnt")["status"] == "active"
        until(known, 10)
        for words in (("rebuild",), ("forget", "--person", "ann", "--yes")):
            assert "a bot is running there; stop it first" in refused(knowledge(stocked, *words))
        assert "nothing has been changed" in knowledge(stocked, "forget", "--person", "ann").stdout
