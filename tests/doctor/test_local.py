"""The doctor on a healthy data folder, and on each way one can be unwell."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.standins.aimock import aimock
from vigilbot.config import Settings, load
from vigilbot.doctor import Finding, examine, report
from vigilbot.doctor import folder as folder_checks
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import EVERYONE
from vigilbot.storage.database import Database
from vigilbot.storage.entries import Change, Content, NewVersion, Shelf
from vigilbot.storage.folder import locked

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.embedding.base import Embedder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(None, data_dir=tmp_path / "data")


async def fill(settings: Settings, embedder: Embedder, texts: list[str]) -> None:
    """A data folder as a clean stop leaves it, with one document entry a text."""
    with locked(settings.data_dir) as folder:
        db = await Database.open(folder / "vigilbot.db")
        knowledge = LocalKnowledge(db, embedder, folder / "chroma")
        try:
            await knowledge.open()
            shelf = Shelf("document", EVERYONE)
            new = [NewVersion(uuid4().hex, shelf, Content("Title", text, "notes.md")) for text in texts]
            await knowledge.put(new, Change("test", "a test needs entries", 1_700_000_000.0))
        finally:
            await knowledge.close()
            await db.close()


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


async def test_before_the_first_start_everything_is_in_order(settings: Settings) -> None:
    findings = await examine(settings)
    assert [finding.check for finding in findings] == [
        "data folder",
        "database",
        "embedding model",
        "index",
        "model",
        "triage",
        "Slack",
    ]
    assert all(finding.ok for finding in findings)
    assert report(findings).endswith("Everything is in order.")


async def test_a_filled_folder_is_counted(settings: Settings, embedder: Embedder) -> None:
    await fill(settings, embedder, ["Disks can be resized.", "Routers can be restarted."])
    found = by_check(await examine(settings))
    assert found["index"].detail == "2 entries, as many as the database has"
    assert found["database"].ok
    assert "384 dimensions" in found["embedding model"].detail


async def test_an_index_that_lags_behind_is_a_fault(settings: Settings, embedder: Embedder) -> None:
    await fill(settings, embedder, ["Disks can be resized."])
    kept = settings.data_dir.parent / "kept"
    shutil.copytree(settings.data_dir / "chroma", kept)
    await fill(settings, embedder, ["Routers can be restarted."])
    shutil.rmtree(settings.data_dir / "chroma")
    kept.rename(settings.data_dir / "chroma")
    index = by_check(await examine(settings))["index"]
    assert not index.ok
    assert "holds 1 of 2 active entries" in index.detail
    assert "start vigilbot" in index.fix


async def test_a_damaged_index_is_a_fault(settings: Settings, embedder: Embedder) -> None:
    await fill(settings, embedder, ["Disks can be resized."])
    [seal] = (settings.data_dir / "chroma").rglob("vigilbot.seal")
    seal.write_text("{", "utf-8")
    index = by_check(await examine(settings))["index"]
    assert not index.ok
    assert "is damaged" in index.detail


async def test_a_running_vigilbot_is_not_disturbed(settings: Settings) -> None:
    with locked(settings.data_dir):
        found = by_check(await examine(settings))
    assert found["data folder"].ok
    assert "in use by a running vigilbot" in found["data folder"].detail
    assert found["index"].ok


async def test_a_damaged_database_is_a_fault(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "vigilbot.db").write_bytes(b"this is not a database, " * 100)
    found = by_check(await examine(settings))
    assert not found["database"].ok
    assert "restore a backup" in found["database"].fix
    assert "index" not in found


async def test_a_newer_database_is_a_fault(settings: Settings) -> None:
    settings.data_dir.mkdir()
    with closing(sqlite3.connect(settings.data_dir / "vigilbot.db")) as connection:
        connection.execute("PRAGMA user_version = 9999")
    assert by_check(await examine(settings))["database"].fix == "install a newer vigilbot"


async def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    findings = by_check(await examine(load(None, data_dir=tmp_path / "file" / "data")))
    assert not findings["data folder"].ok
    assert "make it writable" in findings["data folder"].fix
    assert "database" not in findings


async def test_too_little_space_is_a_fault(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_checks, "LEAST_FREE_BYTES", 1 << 62)
    assert "free some space" in by_check(await examine(settings))["data folder"].fix


async def test_an_embedding_model_that_does_not_exist_is_a_fault(tmp_path: Path) -> None:
    settings = load(None, data_dir=tmp_path / "data", embedding_model=str(tmp_path / "no-such-model"))
    finding = by_check(await examine(settings))["embedding model"]
    assert not finding.ok
    assert finding.fix


async def test_a_model_that_answers_and_one_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "OPENAI_API_KEY", "sk-made-up")
    refuses = {"error": {"message": "Incorrect API key provided", "type": "invalid_request_error"}, "status": 401}
    fixtures: list[dict[str, Any]] = [
        {"match": {"model": "good"}, "response": {"content": "ok"}},
        {"match": {"model": "bad"}, "response": refuses},
    ]
    async with aimock(fixtures) as server:
        base = {"data_dir": tmp_path / "data", "model_api_base": server.base_url}
        good = by_check(await examine(load(None, model="openai/good", **base)))["model"]
        bad = by_check(await examine(load(None, model="openai/bad", **base)))["model"]
    assert good.ok
    assert "openai/good answered" in good.detail
    assert not bad.ok
    assert "VIGIL_MODEL=openai/bad" in bad.detail + bad.fix


def test_the_report_names_one_fix_a_fault() -> None:
    findings = [Finding("data folder", True, "fine"), Finding("model", False, "no answer", "set the key")]
    assert report(findings).splitlines() == [
        "✓ data folder  fine",
        "✗ model        no answer",
        "               → set the key",
        "",
        "1 fault.",
    ]
    assert findings[1].as_json() == {"check": "model", "ok": False, "detail": "no answer", "fix": "set the key"}
