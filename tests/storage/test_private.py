from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.scene import staged
from vigilbot.storage.folder import DATABASE
from vigilbot.storage.private import close_to_others

if TYPE_CHECKING:
    from pathlib import Path


def left_behind(folder: Path, mode: int, *more: str) -> Path:
    """A data folder as an earlier version made it under the usual umask, its own mode apart."""
    (folder / "chroma").mkdir(parents=True)
    (folder / "chroma").chmod(0o755)
    for name in (DATABASE, f"{DATABASE}-wal", "vigilbot.lock", *more):
        (folder / name).write_text("what customers wrote")
        (folder / name).chmod(0o644)
    folder.chmod(mode)
    return folder


def modes(folder: Path) -> dict[str, str]:
    return {path.name: f"{path.stat().st_mode & 0o777:o}" for path in (folder, *folder.iterdir())}


@pytest.mark.parametrize("mode", [0o755, 0o775, 0o777, 0o701])
def test_what_everybody_could_read_is_its_owner_s_alone(tmp_path: Path, mode: int) -> None:
    folder = left_behind(tmp_path / "data", mode, "tickets.toml")
    close_to_others(folder)
    assert modes(folder) == {
        "data": "700",
        "chroma": "700",
        DATABASE: "600",
        f"{DATABASE}-wal": "600",
        "vigilbot.lock": "600",
        "tickets.toml": "644",  # the admin's
    }


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o770])
def test_a_folder_that_only_a_group_may_enter_stays_as_it_was_made(tmp_path: Path, mode: int) -> None:
    folder = left_behind(tmp_path / "data", mode)
    before = modes(folder)
    close_to_others(folder)
    assert modes(folder) == before


def test_beside_other_peoples_files_only_ours_are_closed(tmp_path: Path) -> None:
    folder = left_behind(tmp_path / "home", 0o755, "index.html")
    close_to_others(folder)
    assert modes(folder) | {DATABASE: "600", "chroma": "700"} == modes(folder)
    assert (modes(folder)["home"], modes(folder)["index.html"]) == ("755", "644")


def test_a_link_is_not_followed_and_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = left_behind(tmp_path / "data", 0o755)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    (folder / "images").symlink_to(elsewhere)
    close_to_others(folder)
    assert elsewhere.stat().st_mode & 0o777 == 0o755
    said = capsys.readouterr().out
    assert said.count("data_folder_open_to_others") == 1
    assert "images" in said


def test_what_is_not_ours_is_left_alone_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = left_behind(tmp_path / "data", 0o755)
    before, user = modes(folder), os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    close_to_others(folder)
    assert modes(folder) == before
    assert capsys.readouterr().out.count("data_folder_open_to_others") == 1


async def test_a_start_does_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    async with staged(folder, documented=False):
        assert folder.stat().st_mode & 0o777 == 0o700
