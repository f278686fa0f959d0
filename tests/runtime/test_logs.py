from __future__ import annotations

import io
import json
import logging
import sys
from typing import TYPE_CHECKING

import pytest
import structlog

from vigilbot.runtime import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAWN = "qX3vT9bLm2Zk8RwYc5Hd7NfPa4Js6Ge1"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the bot's logs wrote to standard error."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    before = structlog.get_config()
    logs.configure("info")
    yield stream
    structlog.configure(**before)


def test_no_secret_reaches_a_log_line(written: io.StringIO) -> None:
    log = structlog.get_logger()
    nested = {"to": ["jane@acme.io"]}
    log.info("turn_stored", text=f"api_key = {DRAWN}", nested=nested, error=ValueError(f"token={DRAWN}"))
    log.error("fetch_failed", exc_info=RuntimeError(f"https://me:{DRAWN}@host/ refused"))
    logging.getLogger("vendor").warning("Authorization: Bearer %s", DRAWN)
    logged = written.getvalue()
    assert DRAWN not in logged
    assert "jane" not in logged
    assert logged.count("[secret]") == 4


def test_nothing_in_a_log_line_steers_the_terminal(written: io.StringIO) -> None:
    written.isatty = lambda: True  # type: ignore[method-assign]  # as on a terminal
    logs.configure("info")
    for error in ("\x1b[2J\x1b]0;owned\x07", "\x9b2J", "\rfake"):
        structlog.get_logger().warning("tool_failed", error=error)
        logging.getLogger("vendor").warning(error)
    logged = written.getvalue()
    assert "owned" in logged
    assert not set(logged) & {"\x07", "\r", "\x9b"}
    assert "\x1b[2J" not in logged
    assert "\x1b]" not in logged


def test_a_log_entry_keeps_what_is_none(written: io.StringIO) -> None:
    structlog.get_logger().info("turn", session="C01GEN:1732186272.000100", ms=12, ok=True, share=0.5, none=None)
    entry = json.loads(written.getvalue())
    assert entry.pop("timestamp")
    assert entry == {
        "event": "turn",
        "level": "info",
        "session": "C01GEN:1732186272.000100",
        "ms": 12,
        "ok": True,
        "share": 0.5,
        "none": None,
    }
