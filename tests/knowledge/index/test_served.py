"""CHROMA_URL: the same index on a real Chroma server, which may come late, go, come back, or have lost everything."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.knowledge.entries import BY, document
from tests.knowledge.index.test_rebuild import BOTH, Counting, answers, fill, opened
from tests.standins.chroma import chroma_server
from tests.standins.process import free_port
from vigilbot.config import load
from vigilbot.doctor.thinking import embedding_and_index
from vigilbot.errors import ConfigError, KnowledgeError
from vigilbot.knowledge.index import chroma
from vigilbot.knowledge.index.chroma import Server
from vigilbot.knowledge.index.mending import mend
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import EVERYONE, Question
from vigilbot.storage.database import Database
from vigilbot.storage.entries import Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@asynccontextmanager
async def served(folder: Path, url: str, embedder: Counting) -> AsyncIterator[LocalKnowledge]:
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    async with opened(folder, embedder, Server(url)) as knowledge:
        yield knowledge


async def test_a_served_index_finds_what_an_embedded_one_does(tmp_path: Path) -> None:
    async with chroma_server(tmp_path / "server", free_port()) as url:
        async with served(tmp_path / "bot", url, Counting()) as knowledge:
            await fill(knowledge)
            found = await answers(knowledge)
        async with served(tmp_path / "bot", url, Counting()) as knowledge:
            assert await answers(knowledge) == found
    assert not list((tmp_path / "bot").glob("chroma/*"))
    async with opened(tmp_path / "bot", Counting()) as knowledge:  # CHROMA_URL has been unset
        assert await answers(knowledge) == found


async def test_a_server_that_went_away_and_came_back_is_used_again(tmp_path: Path) -> None:
    port = free_port()
    embedder = Counting()
    async with chroma_server(tmp_path / "server", port) as url:
        db = await Database.open(tmp_path / "knowledge.db")
        knowledge = LocalKnowledge(db, embedder, tmp_path / "chroma", server=Server(url))
        await knowledge.open()
        await knowledge.put([document("d", "text")], BY)
    index = knowledge.serving.index
    vectors = await embedder.embed(["text"])
    with pytest.raises(KnowledgeError, match=f"^CHROMA_URL={url}: no answer.*start the Chroma server"):
        await index.nearest([Shelf("document", EVERYONE)], vectors, 1)

    async with chroma_server(tmp_path / "server", port):
        [[(ref, _)]] = await index.nearest([Shelf("document", EVERYONE)], vectors, 1)
        assert ref.entry_id == "d"
        await knowledge.close()
    await db.close()


async def test_what_is_written_while_the_server_is_away_is_indexed_when_it_is_back(tmp_path: Path) -> None:
    port, embedder = free_port(), Counting()
    async with AsyncExitStack() as stack:
        async with chroma_server(tmp_path / "server", port) as url:
            knowledge = await stack.enter_async_context(served(tmp_path / "bot", url, embedder))
            await knowledge.put([document("d", "text")], BY)
        with pytest.raises(KnowledgeError, match="no answer"):
            await knowledge.put([document("late", "other words")], BY)
        assert knowledge.behind
        embedded = list(embedder.embedded)

        async with chroma_server(tmp_path / "server", port):
            await knowledge.bring_in_line()
            assert (knowledge.behind, embedder.embedded) == (False, embedded)
            vectors = await embedder.embed(["anything"])
            [hits] = await knowledge.serving.index.nearest([Shelf("document", EVERYONE)], vectors, 5)
            assert {ref.entry_id for ref, _ in hits} == {"d", "late"}


async def test_trying_to_mend_while_the_server_is_away_forgets_nothing_that_it_holds(tmp_path: Path) -> None:
    port, embedder = free_port(), Counting()
    async with AsyncExitStack() as stack:
        async with chroma_server(tmp_path / "server", port) as url:
            knowledge = await stack.enter_async_context(served(tmp_path / "bot", url, embedder))
            await knowledge.put([document("d", "text")], BY)
        for _ in range(2):  # as the watch over the health does every few seconds
            with pytest.raises(KnowledgeError, match="no answer"):
                await mend(knowledge)

        async with chroma_server(tmp_path / "server", port):
            vectors = await embedder.embed(["text"])
            [[(ref, _)]] = await knowledge.serving.index.nearest([Shelf("document", EVERYONE)], vectors, 1)
            assert ref.entry_id == "d"
            await knowledge.put([document("next", "other words")], BY)


async def test_a_server_that_has_lost_everything_is_filled_without_embedding(tmp_path: Path) -> None:
    port = free_port()
    async with (
        chroma_server(tmp_path / "server", port) as url,
        served(tmp_path / "bot", url, Counting()) as knowledge,
    ):
        await fill(knowledge)
        found = await answers(knowledge)
    shutil.rmtree(tmp_path / "server")
    embedder = Counting()
    async with (
        chroma_server(tmp_path / "server", port) as url,
        served(tmp_path / "bot", url, embedder) as knowledge,
    ):
        assert embedder.embedded == []
        assert await answers(knowledge) == found


async def test_two_bots_on_one_server_do_not_meet(tmp_path: Path) -> None:
    async with chroma_server(tmp_path / "server", free_port()) as url:
        async with served(tmp_path / "one", url, Counting()) as knowledge:
            await knowledge.put([document("mine", "text")], BY)
        async with served(tmp_path / "two", url, Counting()) as knowledge:
            assert await knowledge.search(Question("text"), audiences=BOTH, limit=5) == []
            await knowledge.put([document("other", "text")], BY)
        async with served(tmp_path / "one", url, Counting()) as knowledge:
            hits = await knowledge.search(Question("text"), audiences=BOTH, limit=5)
            assert [hit.entry_id for hit in hits] == ["mine"]


async def test_a_server_that_does_not_answer_is_named_at_the_start(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(KnowledgeError, match=f"^CHROMA_URL={url}: no answer") as raised:
        async with served(tmp_path / "bot", url, Counting()):
            pass
    assert "\n" not in str(raised.value)


async def test_a_server_that_accepts_and_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the first word and the last anything can stop; then the client's own limit ends the wait."""
    monkeypatch.setattr(chroma, "ANSWER_SECONDS", 0.5)
    silent = asyncio.Event()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if silent.is_set():
            await asyncio.sleep(30)
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.wait(
            [
                asyncio.ensure_future(_copied(reader, to_writer, silent)),
                asyncio.ensure_future(_copied(to_reader, writer, silent)),
            ]
        )

    port = free_port()
    async with chroma_server(tmp_path / "server", port):
        door = await asyncio.start_server(relay, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{door.sockets[0].getsockname()[1]}"
        async with served(tmp_path / "bot", url, Counting()) as knowledge:
            await knowledge.put([document("d", "text")], BY)
            silent.set()
            with pytest.raises(KnowledgeError, match=f"CHROMA_URL={url}: no answer"):
                await knowledge.serving.index.nearest([Shelf("document", EVERYONE)], np.ones((1, 384), np.float32), 1)
        door.close()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silent: asyncio.Event) -> None:
    while data := await reader.read(65536):
        if silent.is_set():
            return
        writer.write(data)
    writer.close()


async def test_the_doctor_says_whether_the_server_answers(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "data").mkdir()
    settings = load(None, data_dir=tmp_path / "data", chroma_url=f"http://127.0.0.1:{port}")
    [_, silent] = await embedding_and_index(settings)
    assert not silent.ok
    assert "CHROMA_URL" in silent.detail
    assert "start the Chroma server" in silent.fix
    async with chroma_server(tmp_path / "server", port):
        [_, answering] = await embedding_and_index(settings)
    assert answering.ok
    assert "answers and holds 0 of 0" in answering.detail


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host", "http://", "http://host:8000/path", "http://a:b@host"])
def test_an_address_that_is_none_is_named(url: str) -> None:
    with pytest.raises(ConfigError, match="CHROMA_URL"):
        load(None, chroma_url=url)
