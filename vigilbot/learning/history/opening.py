"""Which kind of history a path leads to, and how roles are told in it."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from vigilbot.errors import IngestError
from vigilbot.learning.history.people import Roles
from vigilbot.learning.history.slack_export import SlackExport

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from vigilbot.config import Settings


def is_slack_export(path: Path) -> bool:
    """A folder or a zip file, as opposed to JSON lines. Raises IngestError when there is nothing."""
    if not path.exists():
        raise IngestError(f"{path}: no such file or folder")
    return path.is_dir() or path.suffix.lower() == ".zip" or zipfile.is_zipfile(path)


def slack_history(
    settings: Settings,
    path: Path,
    *,
    analysts: Sequence[str] = (),
    first_author_asks: bool = False,
    channels: Sequence[str] = (),
    since: date | None = None,
) -> tuple[SlackExport, Roles]:
    """`analysts` and `channels` default to VIGIL_ANALYSTS and VIGIL_CHANNELS. Raises IngestError."""
    export = SlackExport(path, channels or settings.channels, since)
    words, setting = (analysts, "--analysts") if analysts else (settings.analysts, "VIGIL_ANALYSTS")
    if first_author_asks and not analysts:
        words = ()
    elif not words:
        raise IngestError(
            f"{path}: who are the analysts? Name them (--analysts U123,@ann), or pass --first-author-asks"
        )
    return export, Roles(export.people.analysts(words, setting), first_author_asks, export.people.members)
