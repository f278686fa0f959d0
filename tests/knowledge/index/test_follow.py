"""Several processes and one database: whoever runs the bot follows what the others write, and nobody loses anything."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.knowledge.entries import BY, document
from tests.standins.process import free_port
from tests.test_api_dialogue import Room
from vigilbot import config
from vigilbot.errors import DataFolderLocked
from vigilbot.knowledge.commands import opened
from vigilbot.knowledge.index.base import VectorIndex
from vigilbot.knowledge.index.follow import Follower
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import EVERYONE
from vigilbot.storage.database import Database
from vigilbot.storage.folder import locked, locked_for_change

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from vigilbot.embedding.base import Embedder

VIGILBOT = (sys.executable, "-m", "vigilbot")
ALL = frozenset({EVERYONE})
FOLLOWED_SECONDS = 2.0
"""After its commit, new knowledge answers; allowed a little more below, where others use the processor too."""


@asynccontextmanager
async def beside(path: Path, embedder: Embedder) -> AsyncIterator[LocalKnowledge]:
    """As a command opens the knowledge while a bot runs."""
    db = await Database.open(path)
    knowledge = LocalKnowledge(db, embedder, None)
    await knowledge.open(embed_later=True)
    try:
        yield knowledge
    finally:
        await knowledge.close()
        await db.close()


async def held(knowledge: LocalKnowledge, text: str) -> list[tuple[str, int]]:
    hits = await knowledge.nearest(text, audiences=ALL, limit=5)
    return [(hit.entry_id, hit.version) for hit in hits]


async def test_what_another_process_writes_replaces_and_retires_is_followed(
    knowledge: LocalKnowledge, embedder: Embedder
) -> None:
    told: list[int] = []
    follower = Follower(knowledge, lambda: told.append(1))
    await follower.start()
    async with beside(knowledge.db.path, embedder) as other:
        await other.put(
            [document("a", "the gateway listens on port 7411"), document("b", "refunds take five days")], BY
        )
        assert await held(knowledge, "gateway port") == []
        assert (await held(other, "gateway port"))[0] == ("a", 1)  # found without an index, too

        await follower.catch_up()
        assert (await held(knowledge, "gateway port"))[0] == ("a", 1)

        await other.put([document("a", "the gateway listens on port 7412")], BY)
        await other.retire(["b"], BY)
        await follower.catch_up()
        assert await held(knowledge, "gateway port") == [("a", 2)]
        assert isinstance(knowledge.serving.index, VectorIndex)
        assert {ref.version for ref in await knowledge.serving.index.held(document("a", "").shelf)} == {2}

    await knowledge.put([document("c", "written by this process")], BY)
    await follower.catch_up()
    assert len(told) == 2


async def test_the_lock_of_those_who_change_the_knowledge(tmp_path: Path) -> None:
    with locked_for_change(tmp_path) as alone:
        assert alone
        with (
            pytest.raises(DataFolderLocked, match="being changed by another vigilbot"),
            locked_for_change(tmp_path),
        ):
            pass
    with locked(tmp_path), locked_for_change(tmp_path) as alone:
        assert not alone
    with locked_for_change(tmp_path) as alone:
        assert alone


class Bot:
    """`vigilbot run` in a process of its own, spoken to over HTTP."""

    def __init__(self, process: asyncio.subprocess.Process, http: aiohttp.ClientSession) -> None:
        self.process = process
        self.http = http

    async def sources_of(self, query: str) -> list[str]:
        async with self.http.get("/api/knowledge", params={"query": query}) as response:
            return [found["source"] for found in (await response.json())["references"]]

    async def entries(self) -> int:
        async with self.http.get("/api/status") as response:
            return int((await response.json())["knowledge"]["entries"])

    async def until_found(self, query: str, source: str) -> float:
        """Seconds until `source` is the first hit."""
        start = time.monotonic()
        async with asyncio.timeout(20):
            while (await self.sources_of(query))[:1] != [source]:  # noqa: ASYNC110  # it is another process
                await asyncio.sleep(0.05)
        return time.monotonic() - start


def environment(folder: Path, **settings: object) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIGIL_", "SLACK_"))}
    return kept | {"VIGIL_DATA_DIR": str(folder)} | {name: str(value) for name, value in settings.items()}


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Bot]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *VIGILBOT,
        "run",
        env=environment(folder, VIGIL_PORT=port, VIGIL_QUIET_WINDOW=0, VIGIL_ENGAGE="always", VIGIL_SCOPE="gateways"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http, asyncio.timeout(90):
            while not await _ready(http):  # noqa: ASYNC110  # it is another process
                await asyncio.sleep(0.1)
            yield Bot(process, http)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _ready(http: aiohttp.ClientSession) -> bool:
    try:
        async with http.get("/readyz") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def ingesting(folder: Path, *words: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *VIGILBOT,
        "ingest",
        *map(str, words),
        env=environment(folder),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_bot_answers_while_and_from_what_is_ingested_beside_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "gateway.md").write_text(
        "# Gateway\n\n## Port\n\nThe gateway listens on port 7411 unless told otherwise."
    )
    rows = [{"id": n, "text": f"Gateway model {n} weighs {n} grams and is painted in shade {n}."} for n in range(800)]
    (tmp_path / "many.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    async with running(folder) as bot:
        before = await bot.entries()
        one = await ingesting(folder, tmp_path / "gateway.md", "--json")
        printed, errors = await one.communicate()
        assert json.loads(printed)["added"] == 1, errors
        assert await bot.until_found("which port does the gateway listen on?", "gateway.md") < FOLLOWED_SECONDS + 2
        assert await bot.entries() == before + 1

        many = await ingesting(folder, tmp_path / "many.jsonl")
        while await bot.entries() < before + 2:  # noqa: ASYNC110  # another process; it has written a batch and goes on
            await asyncio.sleep(0.05)
        async with bot.http.post("/api/sessions", json={"title": "Gateway"}) as response:
            room = Room(bot.http, str((await response.json())["id"]))
        turn = await room.asks("Which port does the gateway listen on?")
        assert "7411" in json.dumps(turn)
        many.send_signal(signal.SIGKILL)
        await many.wait()
        with locked_for_change(folder) as alone:
            assert not alone
            _, errors = await (await ingesting(folder, tmp_path / "gateway.md")).communicate()
        assert b"its knowledge is being changed by another vigilbot" in errors
        assert b"Traceback" not in errors

        again = await ingesting(folder, tmp_path / "many.jsonl", "--json")
        printed, errors = await again.communicate()
        report = json.loads(printed)
        assert report["added"] + report["unchanged"] == 800, errors
        assert report["unchanged"] > 0
        assert await bot.entries() == before + 801
        await bot.until_found("gateway model 799 weighs", "many.jsonl#799")
        bot.process.kill()

    async with opened(config.load(None, data_dir=folder)) as knowledge:  # nothing lost, nothing twice
        assert await knowledge.count() == before + 801
        assert isinstance(knowledge.serving.index, VectorIndex)
        assert len(await knowledge.serving.index.held(document("a", "").shelf)) == before + 801
