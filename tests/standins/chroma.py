"""A Chroma server of one's own: `chroma run` on loopback, in a process, its files in a folder."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.standins.process import port_open, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def chroma_server(folder: Path, port: int) -> AsyncIterator[str]:
    """Its URL while the block runs."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - before anything runs
    chroma = str(Path(sys.executable).with_name("chroma"))
    command = [chroma, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    async with running(command, lambda: port_open(port), folder / "server.log"):
        yield f"http://127.0.0.1:{port}"
