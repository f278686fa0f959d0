"""The commands as an admin meets them: every mistake is one clear line and an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING, cast

import pytest
from typer.core import TyperGroup as Group
from typer.main import get_command
from typer.testing import CliRunner

from tests.standins.process import free_port
from vigilbot.cli import commands
from vigilbot.storage.folder import DATABASE, locked

if TYPE_CHECKING:
    from pathlib import Path

    from typer.core import TyperCommand as Command

VIGILBOT = [sys.executable, "-m", "vigilbot"]


def environment(**settings: object) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIGIL_", "SLACK_"))}
    return kept | {name: str(value) for name, value in settings.items()}


def vigilbot(*words: object, cwd: Path, **settings: object) -> subprocess.CompletedProcess[str]:
    command = [*VIGILBOT, *map(str, words)]
    given = {"VIGIL_DATA_DIR": cwd / "data", **settings}
    return subprocess.run(
        command, cwd=cwd, env=environment(**given), capture_output=True, text=True, check=False, timeout=90
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of an error."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("vigilbot: ")
    return lines[0]


def test_settings_that_do_not_exist_or_do_not_fit(tmp_path: Path) -> None:
    assert "did you mean VIGIL_PORT?" in refused(vigilbot("run", cwd=tmp_path, VIGIL_PROT=1))
    assert "VIGIL_QUIET_WINDOW='soon'" in refused(vigilbot("run", cwd=tmp_path, VIGIL_QUIET_WINDOW="soon"))


def test_a_port_in_use(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        assert f"VIGIL_PORT={port}: cannot listen" in refused(vigilbot("run", cwd=tmp_path, VIGIL_PORT=port))


def test_an_address_that_is_not_ours(tmp_path: Path) -> None:
    elsewhere = {"VIGIL_PORT": free_port(), "VIGIL_CONSOLE_TOKEN": "secret"}
    for host in ("192.0.2.1", "no.such.host.invalid"):
        assert f"VIGIL_HOST={host}: not an address" in refused(
            vigilbot("run", cwd=tmp_path, VIGIL_HOST=host, **elsewhere)
        )


def test_a_data_folder_in_use_unusable_or_damaged(tmp_path: Path) -> None:
    with locked(tmp_path / "data"):
        assert "in use by another vigilbot" in refused(vigilbot("run", cwd=tmp_path))
    (tmp_path / "file").write_text("x")
    assert "VIGIL_DATA_DIR=file" in refused(vigilbot("run", cwd=tmp_path, VIGIL_DATA_DIR="file"))
    (tmp_path / "data" / DATABASE).write_bytes(os.urandom(9_000))
    assert "not a readable SQLite database" in refused(vigilbot("run", cwd=tmp_path, VIGIL_PORT=free_port()))


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("nosuch/model", "no such model"),
        ("openai/gpt-4o", "there is no key for it; set OPENAI_API_KEY"),
        ("anthropic/claude", "there is no key for it; set ANTHROPIC_API_KEY"),
    ],
)
def test_a_model_that_cannot_be_asked_is_told_before_anything_is_embedded(
    model: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(key, raising=False)
    line = refused(vigilbot("run", cwd=tmp_path, VIGIL_PORT=free_port(), VIGIL_MODEL=model))
    assert line.startswith(f"vigilbot: VIGIL_MODEL={model}: {why}")
    with closing(sqlite3.connect(tmp_path / "data" / DATABASE)) as db:
        assert db.execute("SELECT count(*) FROM entries").fetchone() == (0,)


def test_what_cannot_be_ingested(tmp_path: Path) -> None:
    (tmp_path / "binary.md").write_bytes(os.urandom(4_000))
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "broken.jsonl").write_text('{"id": "a", "text": "fine"}\n{"id": oops}\n')
    assert "no such file" in refused(vigilbot("ingest", "missing.md", cwd=tmp_path))
    assert "is empty" in refused(vigilbot("ingest", "", cwd=tmp_path))
    assert "holds no thread" in refused(vigilbot("import", "empty.jsonl", cwd=tmp_path))
    assert "binary" in refused(vigilbot("ingest", "binary.md", cwd=tmp_path))
    assert "no entry" in refused(vigilbot("ingest", "empty.jsonl", cwd=tmp_path))
    assert "broken.jsonl, line 2" in refused(vigilbot("ingest", "broken.jsonl", cwd=tmp_path))


def test_a_broken_line_in_a_backtest_or_evaluation(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text('{"id": "a", "dialogue": [{"role": "customer", "text": "hi"}]}\n{oops\n')
    assert "cases.jsonl, line 2" in refused(vigilbot("backtest", "cases.jsonl", cwd=tmp_path))
    assert "cases.jsonl, line 1" in refused(vigilbot("eval", "identify", "cases.jsonl", cwd=tmp_path))
    assert "eval identify: name the file" in refused(vigilbot("eval", "identify", cwd=tmp_path))


def test_measuring_leaves_nothing_behind(tmp_path: Path) -> None:
    case = {"id": "a", "dialogue": [{"role": "customer", "text": "How do I log in?"}], "label": "within_scope"}
    (tmp_path / "cases.jsonl").write_text(json.dumps(case) + "\n")
    done = vigilbot("eval", "identify", "cases.jsonl", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["n"] == 1
    assert "cannot be read" in refused(vigilbot("eval", "triage", "nosuch.jsonl", cwd=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["cases.jsonl"]


def test_a_file_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path in ("folder", "nosuch/run.json"):
        for command in (("eval", "golden", "--save", path), ("backtest", "nosuch.jsonl", "--report", path)):
            assert f"{path}: cannot be written" in refused(vigilbot(*command, cwd=tmp_path))


def test_a_backtest_says_what_the_bot_would_have_done(tmp_path: Path) -> None:
    dialogue = [
        {"role": "analyst", "author": "ann", "text": "Hello, how can I help?"},
        {"role": "customer", "author": "carol", "text": "How do I change the port of the console?"},
        {"role": "analyst", "author": "ann", "text": "Set VIGIL_PORT."},
        {"role": "customer", "author": "carol", "text": "thanks a lot!"},
    ]
    (tmp_path / "history.jsonl").write_text(json.dumps({"id": "one", "dialogue": dialogue}) + "\n")
    (tmp_path / "doc.md").write_text("# Port\n\nTo change the port of the console, set `VIGIL_PORT` and restart.\n")
    ingested = vigilbot("ingest", "doc.md", "--json", cwd=tmp_path)
    assert json.loads(ingested.stdout)["added"] == 1
    report = json.loads(vigilbot("backtest", "history.jsonl", "--json", cwd=tmp_path).stdout)
    assert (report["sessions"], report["turns"], report["coverage"]) == (1, 2, 1.0)
    assert report["outcomes"] == {"answered": 1, "no_assistance": 1}


def test_it_stops_soon_when_told_to(tmp_path: Path) -> None:
    port = free_port()
    settings = environment(VIGIL_DATA_DIR=tmp_path / "data", VIGIL_PORT=port)
    with subprocess.Popen(
        [*VIGILBOT, "run"], env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        _wait_for(f"http://127.0.0.1:{port}/livez")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


def test_the_manifest_is_json(tmp_path: Path) -> None:
    printed = json.loads(vigilbot("manifest", cwd=tmp_path).stdout)
    assert printed["settings"]["socket_mode_enabled"] is True


def _commands(group: Group, path: str = "") -> dict[str, Command]:
    """Every command by its words, those of `vigilbot knowledge` included."""
    found: dict[str, Command] = {}
    for name, command in group.commands.items():
        found[f"{path}{name}"] = cast("Command", command)
        if isinstance(command, Group):
            found |= _commands(command, f"{path}{name} ")
    return found


COMMANDS = _commands(cast("Group", get_command(commands)))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    [example] = [line for line in (COMMANDS[name].help or "").splitlines() if line.strip().startswith("Example:")]
    assert example.strip() in _help(name), "on one line, so that it can be copied"


@pytest.mark.parametrize("name", ["", *(name for name, command in COMMANDS.items() if isinstance(command, Group))])
def test_the_list_of_commands_cuts_no_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, _, listed = _help(name).partition("Commands:\n")
    assert listed
    assert [line for line in listed.splitlines() if not line.endswith(".")] == []
    assert "..." not in listed


def _help(name: str) -> str:
    done = CliRunner().invoke(commands, [*name.split(), "--help"])
    assert done.exit_code == 0
    return done.output


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own loopback address
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(url)
