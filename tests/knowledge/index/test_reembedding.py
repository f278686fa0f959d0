"""Another embedding model: the former one answers until the new one has seen everything; then nothing is left of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from tests.knowledge.entries import BY, document
from vigilbot.embedding.base import embed_tokens
from vigilbot.embedding.loading import load_embedder
from vigilbot.errors import EmbeddingError
from vigilbot.knowledge.index import reembedding
from vigilbot.knowledge.index.base import VectorIndex
from vigilbot.knowledge.index.lacking import add_tokens, embed_lacking
from vigilbot.knowledge.index.reembedding import Reembedding
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import EVERYONE, Question
from vigilbot.storage import tokens
from vigilbot.storage import vectors as stored
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from vigilbot.embedding.base import Embedded, Embedder

ALL = frozenset({EVERYONE})
ENTRIES = 300
UNKNOWN = "?"
WORDS = (UNKNOWN, "passage", "about", "thing", *map(str, range(ENTRIES)))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model of a few kilobytes: one random vector a word, averaged."""
    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(WORDS)}, UNKNOWN))
    tokenizer.pre_tokenizer = Whitespace()
    torch.manual_seed(0)
    words = StaticEmbedding(tokenizer, embedding_weights=torch.randn(len(WORDS), 32))
    SentenceTransformer(modules=[words]).save(str(folder))
    return folder


@asynccontextmanager
async def opened(folder: Path, embedder: Embedder) -> AsyncIterator[LocalKnowledge]:
    db = await Database.open(folder / "knowledge.db")
    knowledge = LocalKnowledge(db, embedder, folder / "chroma")
    try:
        await knowledge.open(embed_later=True)
        yield knowledge
    finally:
        await knowledge.close()
        await db.close()


async def best(knowledge: LocalKnowledge, text: str) -> str:
    [hit] = await knowledge.nearest(text, audiences=ALL, limit=1)
    return hit.entry_id


async def fill(knowledge: LocalKnowledge) -> None:
    await knowledge.put([document(f"d{n}", f"passage {n} about thing {n}") for n in range(ENTRIES)], BY)


async def test_the_former_model_serves_until_the_new_one_has_seen_everything(
    embedder: Embedder, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reembedding, "GRACE_SECONDS", 0.0)
    async with opened(tmp_path, embedder) as knowledge:
        await fill(knowledge)
    new = await load_embedder(str(tiny))
    said: list[str] = []
    begun = asyncio.Event()

    def hear() -> None:
        said.append(work.doing)
        if "128 of 301" in said[-1]:
            begun.set()

    async with opened(tmp_path, new) as knowledge:
        work = Reembedding(knowledge, hear)
        assert knowledge.embedder.name == embedder.name
        assert await best(knowledge, "passage 77 about thing 77") == "d77"
        await knowledge.put([document("late", "passage about nothing")], BY)  # learnt meanwhile, with the former model
        running = asyncio.create_task(work.run())
        await begun.wait()
        assert f"embedding with {tiny}: 128 of 301, {embedder.name} answers until then" in said
        running.cancel()  # stopped half way

    async with opened(tmp_path, new) as knowledge:
        assert knowledge.embedder.name == embedder.name
        assert await stored.count_lacking(knowledge.db, new.name) < 301 - 127
        work = Reembedding(knowledge, lambda: None)
        await work.run()

        assert work.doing == ""
        assert knowledge.embedder is new
        assert await best(knowledge, "passage 77 about thing 77") == "d77"
        assert isinstance(knowledge.serving.index, VectorIndex)
        assert len(await knowledge.serving.index.held(document("", "").shelf)) == 301
        assert await stored.counts(knowledge.db) == {new.name: 301}
        assert len(list((tmp_path / "chroma").iterdir())) == 1
    await new.close()


async def test_what_is_being_written_when_the_new_model_takes_over_keeps_the_name_of_the_one_that_read_it(
    embedder: Embedder, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the new name its vectors would be of the wrong length, and no start could build the index."""
    new = await load_embedder(str(tiny))

    async def and_meanwhile_the_other_takes_over(by: Embedder, texts: Sequence[str]) -> Embedded:
        embedded = await embed_tokens(by, texts)
        knowledge.serving = knowledge.prepared(new)
        await knowledge.serving.index.open()
        return embedded

    async with opened(tmp_path, embedder) as knowledge:
        former = knowledge.serving
        monkeypatch.setattr("vigilbot.knowledge.local.embed_tokens", and_meanwhile_the_other_takes_over)
        await knowledge.put([document("late", "passage 1 about thing 1")], BY)
        assert await stored.counts(knowledge.db) == {embedder.name: 1}
        await former.index.close()
    await new.close()


async def test_without_the_former_model_what_is_seen_so_far_serves(
    embedder: Embedder, tiny: Path, tmp_path: Path
) -> None:
    new = await load_embedder(str(tiny))
    async with opened(tmp_path, new) as knowledge:
        await fill(knowledge)
    async with opened(tmp_path, new) as knowledge, knowledge.db.transaction() as tx:
        await tx.execute("UPDATE vectors SET embedder = 'a model that is gone'")
    said: list[str] = []

    async with opened(tmp_path, embedder) as knowledge:
        assert knowledge.embedder is embedder
        assert await knowledge.nearest("passage 5", audiences=ALL, limit=1) == []
        assert [hit.entry_id for hit in await knowledge.ranked(Question("thing 5"), audiences=ALL, limit=1)] == ["d5"]
        work = Reembedding(knowledge, lambda: said.append(work.doing))
        await work.run()
        assert any("128 of 300, found by words until then" in doing for doing in said)
        assert await best(knowledge, "passage 5 about thing 5") == "d5"
        assert await stored.counts(knowledge.db) == {embedder.name: 300}
    await new.close()


async def test_a_model_that_fails_is_shown_and_tried_again(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reembedding, "RETRY_SECONDS", 0.01)
    async with opened(tmp_path, embedder) as knowledge:
        await fill(knowledge)
        async with knowledge.db.transaction() as tx:
            await tx.execute("DELETE FROM vectors")
        said: list[str] = []
        work = Reembedding(knowledge, lambda: said.append(work.doing))
        failing = iter([True])

        async def lacking(*arguments: object, **named: object) -> int:
            if next(failing, False):
                raise EmbeddingError("the model is gone")
            return await embed_lacking(*arguments, **named)  # type: ignore[arg-type]  # passed on as they came

        monkeypatch.setattr(reembedding, "embed_lacking", lacking)
        await work.run()
        assert any(doing.endswith("stopped for a minute: the model is gone") for doing in said)
        assert await stored.counts(knowledge.db) == {embedder.name: 300}


async def test_entries_stored_before_there_were_token_vectors_get_theirs(embedder: Embedder, tmp_path: Path) -> None:
    async with opened(tmp_path, embedder) as knowledge:
        await fill(knowledge)
        async with knowledge.db.transaction() as tx:
            await tx.execute("DELETE FROM token_vectors WHERE entry_seq % 2")
        assert len(await tokens.lacking(knowledge.db, embedder.name, 1000)) == 150

        await Reembedding(knowledge, lambda: None).run()

        assert await tokens.lacking(knowledge.db, embedder.name, 1000) == []
        hits = await knowledge.ranked(Question("thing 5"), audiences=ALL, limit=20)
        assert all("rerank" in hit.scores for hit in hits)
        assert await add_tokens(knowledge.db, embedder) == 0


async def test_an_embedder_without_token_vectors_is_not_asked_for_them(tiny: Path, tmp_path: Path) -> None:
    plain = await load_embedder(str(tiny))
    async with opened(tmp_path, plain) as knowledge:
        await fill(knowledge)
        assert await add_tokens(knowledge.db, plain) == 0
    await plain.close()
