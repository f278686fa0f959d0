"""Forgetting where the index is on a Chroma server: a real one, asked and searched behind the bot's back."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import chromadb
import pytest

from tests.knowledge.curation.test_forget import teach
from tests.knowledge.entries import document, pair
from tests.knowledge.index.test_rebuild import Counting
from tests.standins.chroma import chroma_server
from tests.standins.process import free_port
from tests.test_cli import vigilbot
from vigilbot.errors import KnowledgeError
from vigilbot.knowledge.curation.forget import forget
from vigilbot.knowledge.index.chroma import Server
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import EVERYONE, Origin, Question
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE, INDEX
from vigilbot.storage.forgetting.target import Target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from vigilbot.embedding.base import Embedder

SECRET, OTHER = "learnt-from-carol", "kept"
SESSION = Target("session", "console-room-1")


@asynccontextmanager
async def served(folder: Path, url: str, embedder: Embedder) -> AsyncIterator[LocalKnowledge]:
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    db = await Database.open(folder / DATABASE)
    knowledge = LocalKnowledge(db, embedder, folder / INDEX, server=Server(url))
    try:
        await knowledge.open()
        yield knowledge
    finally:
        await knowledge.close()
        await db.close()


def held(url: str) -> set[str]:
    """The entries whose vectors are anywhere on the server."""
    client = chromadb.HttpClient("127.0.0.1", int(url.rpartition(":")[2]))
    ids = [id_ for collection in client.list_collections() for id_ in collection.get(include=[])["ids"]]
    client.close()
    return {id_.rpartition(":")[0] for id_ in ids}


async def stock(folder: Path, url: str, embedder: Embedder, prefix: str = "") -> None:
    async with served(folder, url, embedder) as knowledge:
        origin = Origin(SESSION.name, "turn-1", ("m1",), ("ann",))
        await teach(knowledge, pair(prefix + SECRET, "Why?", "Because of zirconium."), origin)
        await teach(knowledge, document(prefix + OTHER, "All about basalt."))


async def test_a_forgotten_session_is_gone_from_the_server_whichever_embedder_had_filled_it(tmp_path: Path) -> None:
    async with chroma_server(tmp_path / "server", free_port()) as url:
        await stock(tmp_path / "bot", url, Counting())
        async with served(tmp_path / "bot", url, Counting("another")):
            pass
        await stock(tmp_path / "neighbour", url, Counting(), "theirs-")
        before = await asyncio.to_thread(held, url)
        assert before == {SECRET, OTHER, f"theirs-{SECRET}", f"theirs-{OTHER}"}

        done = await forget(tmp_path / "bot", SESSION, 9.0, Server(url))

        assert [fate.id for fate in done.removed] == [SECRET]
        assert await asyncio.to_thread(held, url) == {f"theirs-{SECRET}", f"theirs-{OTHER}"}
        async with served(tmp_path / "bot", url, Counting()) as knowledge:
            found = await knowledge.search(Question("Why?"), audiences=frozenset({EVERYONE}), limit=5)
            assert [reference.entry_id for reference in found] == [OTHER]
        assert await asyncio.to_thread(held, url) == {OTHER, f"theirs-{SECRET}", f"theirs-{OTHER}"}


async def test_where_the_server_does_not_answer_nothing_is_forgotten(tmp_path: Path) -> None:
    port = free_port()
    async with chroma_server(tmp_path / "server", port) as url:
        await stock(tmp_path / "bot", url, Counting())
    with pytest.raises(KnowledgeError, match=f"^CHROMA_URL={url}: no answer"):
        await forget(tmp_path / "bot", SESSION, 9.0, Server(url))
    async with (
        chroma_server(tmp_path / "server", port) as url,
        served(tmp_path / "bot", url, Counting()) as knowledge,
    ):
        assert (await knowledge.get(SECRET)).status == "active"
    assert {SECRET, OTHER} == {entry for entry in (SECRET, OTHER) if await _known(tmp_path / "bot", entry)}


async def test_the_command_forgets_on_the_server_fills_it_anew_and_leaves_no_index_here(
    tmp_path: Path, embedder: Embedder
) -> None:
    async with chroma_server(tmp_path / "server", free_port()) as url:
        await stock(tmp_path / "data", url, embedder)
        words = ("knowledge", "forget", "--session", SESSION.name, "--yes", "--json")
        done = await asyncio.to_thread(vigilbot, *words, cwd=tmp_path, CHROMA_URL=url)
        assert done.returncode == 0, done.stderr
        assert [entry["id"] for entry in json.loads(done.stdout)["removed"]] == [SECRET]
        assert await asyncio.to_thread(held, url) == {OTHER}
        assert not (tmp_path / "data" / INDEX).exists()


async def _known(folder: Path, entry_id: str) -> bool:
    db = await Database.open(folder / DATABASE)
    try:
        return await db.row("SELECT 1 FROM entries WHERE id = ?", (entry_id,)) is not None
    finally:
        await db.close()
