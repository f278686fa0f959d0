"""`vigilbot import` as an admin meets it: one clear line for a mistake, and an import that survives being killed."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.learning.history.exports import Export
from tests.test_cli import VIGILBOT, environment, refused, vigilbot
from vigilbot.storage.folder import DATABASE

if TYPE_CHECKING:
    from pathlib import Path

SCOPE = "Acme ingest: its workers, files, settings and errors"
THREADS = 40


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and nothing more")
    (tmp_path / "empty").mkdir()
    Export().folder(tmp_path / "export")
    assert "nothing.zip: no such file" in refused(vigilbot("import", "nothing.zip", cwd=tmp_path))
    assert "broken.zip: is not a readable zip" in refused(vigilbot("import", "broken.zip", cwd=tmp_path))
    assert "holds no channels.json" in refused(vigilbot("import", "empty", cwd=tmp_path))
    assert "who are the analysts?" in refused(vigilbot("import", "export", cwd=tmp_path))
    assert "VIGIL_LEARNING=off" in refused(vigilbot("import", "export", cwd=tmp_path, VIGIL_LEARNING="off"))


@pytest.mark.disk
def test_killed_and_run_again_every_thread_is_learnt_from_once(tmp_path: Path) -> None:
    export = Export()
    for number in range(THREADS):
        export.solved(
            at=number * 3_600.0,
            question=f"How do I change setting number {number} of the ingest worker?",
            answer=f"Write `worker.setting_{number} = {number * 7}` into the ingest worker's file and restart it.",
        )
    export.zip(tmp_path / "export.zip")
    words = ["import", "export.zip", "--first-author-asks", "--json"]
    given = environment(VIGIL_DATA_DIR=tmp_path / "data", VIGIL_SCOPE=SCOPE)
    with subprocess.Popen([*VIGILBOT, *words], cwd=tmp_path, env=given, stdout=subprocess.DEVNULL) as dying:
        while stored(tmp_path, "sessions") < 3:
            assert dying.poll() is None
            time.sleep(0.02)
        dying.send_signal(signal.SIGKILL)
    before = stored(tmp_path, "jobs WHERE done_at IS NOT NULL")
    report = json.loads(vigilbot(*words, cwd=tmp_path, VIGIL_SCOPE=SCOPE).stdout)
    assert report["sessions"] + report["skipped_threads"].get("known already", 0) == THREADS
    assert report["skipped_threads"].get("known already", 0) == before < THREADS
    assert report["failed"]["count"] == 0
    assert stored(tmp_path, "sessions") == stored(tmp_path, "jobs WHERE done_at IS NOT NULL") == THREADS
    assert stored(tmp_path, "lessons WHERE result = 'learnt'") == THREADS


def stored(folder: Path, what: str) -> int:
    """Rows in the database, which may not be there yet."""
    try:
        with closing(sqlite3.connect(f"file:{folder / 'data' / DATABASE}?mode=ro", uri=True)) as db:
            [(count,)] = db.execute(f"SELECT count(*) FROM {what}")  # noqa: S608 - constants of this file
    except sqlite3.OperationalError:
        return 0
    return int(count)
