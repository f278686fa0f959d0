from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest
import structlog

from vigilbot import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAWN = "qX3vT9bLm2Zk8RwYc5Hd7NfPa4Js6Ge1"


@pytest.fixture(autouse=True)
def _configured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logs.configure("info")
    yield
    structlog.reset_defaults()


def test_no_secret_reaches_a_log_line(capsys: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger()
    nested = {"to": ["jane@acme.io"]}
    log.info("turn_stored", text=f"api_key = {DRAWN}", nested=nested, error=ValueError(f"token={DRAWN}"))
    log.error("fetch_failed", exc_info=RuntimeError(f"https://me:{DRAWN}@host/ refused"))
    logging.getLogger("vendor").warning("Authorization: Bearer %s", DRAWN)
    logged = capsys.readouterr().err
    assert DRAWN not in logged
    assert "jane" not in logged
    assert logged.count("[secret]") == 4


def test_a_log_entry_keeps_what_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().info("turn", session="C01GEN:1732186272.000100", ms=12, ok=True, share=0.5, none=None)
    entry = json.loads(capsys.readouterr().err)
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
