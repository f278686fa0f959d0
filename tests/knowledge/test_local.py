"""What is found, by whom, and what is remembered of every change; real encoder, Chroma and SQLite."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.knowledge.entries import BY, document, pair
from vigilbot.errors import KnowledgeError, NotFound
from vigilbot.knowledge import local
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import EVERYONE, Audience, Question
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.embedding.base import Embedder

ALL = frozenset({EVERYONE})
ACME = Audience("customer:acme & sons / ß")
SUPPORT = Audience("channel:C01")


async def found(
    knowledge: LocalKnowledge, text: str, audiences: frozenset[Audience] = ALL, limit: int = 5
) -> list[str]:
    return [hit.entry_id for hit in await knowledge.search(Question(text), audiences=audiences, limit=limit)]


async def test_the_nearest_passage_comes_first_with_its_scores(knowledge: LocalKnowledge) -> None:
    await knowledge.put(
        [
            document("resize", "Detach the volume, resize it, attach it again.", title="Resize a volume"),
            document("cake", "Whisk the eggs and fold in the flour."),
        ],
        BY,
    )

    first, second = await knowledge.search(Question("how can I make a volume larger?"), audiences=ALL, limit=5)

    assert (first.entry_id, first.title, first.source, first.version) == ("resize", "Resize a volume", "resize.md", 1)
    assert 0.4 < first.score <= 1
    assert first.scores["dense"] > second.scores["dense"]
    assert second.score < first.score


async def test_a_pair_is_found_by_its_question_and_gives_its_answer(knowledge: LocalKnowledge) -> None:
    await knowledge.put(
        [pair("qa1", "Why does my login fail after an hour?", "Tokens last 60 minutes; renew them.")], BY
    )

    [hit] = await knowledge.search(Question("login stops working after 1 hour"), audiences=ALL, limit=5)

    assert (hit.kind, hit.question) == ("qa", "Why does my login fail after an hour?")
    assert hit.text == "Tokens last 60 minutes; renew them."


async def test_only_the_audiences_asked_for_are_searched(knowledge: LocalKnowledge) -> None:
    inner = "The maintenance password of the blue cluster is kept in vault 7."
    await knowledge.put(
        [
            document("public", "Where passwords of clusters are kept is not public."),
            document("acme", inner, audience=ACME),
            document("support", inner, audience=SUPPORT),
        ],
        BY,
    )

    assert await found(knowledge, inner) == ["public"]
    assert set(await found(knowledge, inner, frozenset({EVERYONE, ACME}))) == {"public", "acme"}
    assert await found(knowledge, inner, frozenset({SUPPORT})) == ["support"]
    assert await found(knowledge, inner, frozenset({Audience("channel:unknown")})) == []
    assert await found(knowledge, inner, frozenset()) == []


async def test_each_sub_question_gets_its_best_passage(knowledge: LocalKnowledge) -> None:
    near = [document(f"dns{n}", f"Reset your DNS cache on host {n}: how to reset the DNS cache.") for n in range(8)]
    await knowledge.put([*near, document("bill", "Invoices are sent on the first day of a month.")], BY)
    question = Question("two things", ("How do I reset the DNS cache?", "On which day do I get an invoice?"))

    hits = await knowledge.search(question, audiences=ALL, limit=4)

    assert "bill" in {hit.entry_id for hit in hits}
    assert len(hits) == 4
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


async def test_a_new_version_replaces_the_old_one_and_both_are_remembered(knowledge: LocalKnowledge) -> None:
    await knowledge.put([document("limit", "The upload limit is 5 GB.")], BY)

    [written] = await knowledge.put([document("limit", "Penguins live in the south.")], BY)

    assert (written.ref.version, written.replaced) == (2, 1)
    [hit] = await knowledge.search(Question("upload limit"), audiences=ALL, limit=5)
    assert (hit.version, hit.text) == (2, "Penguins live in the south.")
    assert [past.content.text for past in await knowledge.history("limit")] == [
        "Penguins live in the south.",
        "The upload limit is 5 GB.",
    ]
    assert {past.change for past in await knowledge.history("limit")} == {BY}


async def test_retired_and_pending_entries_are_not_found(knowledge: LocalKnowledge) -> None:
    await knowledge.put([document("old", "Press F1."), document("new", "Press F2.", status="pending")], BY)
    await knowledge.put([document("kept", "Press F3.")], BY)

    [retired] = await knowledge.retire(["old", "nobody"], BY)

    assert (retired.ref.entry_id, retired.status) == ("old", "retired")
    assert await found(knowledge, "which key do I press?") == ["kept"]
    assert await knowledge.count() == 1
    assert (await knowledge.get("old")).status == "retired"
    assert await knowledge.retire(["old"], BY) == []


async def test_an_unknown_entry_is_not_found(knowledge: LocalKnowledge) -> None:
    with pytest.raises(NotFound, match="no entry nothing"):
        await knowledge.get("nothing")


async def test_questions_asked_before_the_index_is_open_wait_for_it(embedder: Embedder, tmp_path: Path) -> None:
    db = await Database.open(tmp_path / "knowledge.db")
    knowledge = LocalKnowledge(db, embedder, tmp_path / "chroma")
    early = asyncio.create_task(found(knowledge, "anybody there?"))
    await asyncio.sleep(0.05)
    assert knowledge.loading

    await knowledge.open()

    assert await early == []
    assert knowledge.loading == ""
    await knowledge.close()
    await db.close()


async def test_an_index_that_cannot_be_opened_says_so_to_whoever_asks(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "READY_SECONDS", 0.2)
    (tmp_path / "chroma").write_text("a file where the folder should be")
    db = await Database.open(tmp_path / "knowledge.db")
    knowledge = LocalKnowledge(db, embedder, tmp_path / "chroma")
    with pytest.raises(KnowledgeError, match="rebuilt"):
        await found(knowledge, "too early?")

    for ask in (knowledge.open(), found(knowledge, "anybody there?")):
        with pytest.raises(KnowledgeError, match=r"chroma/\w+: the index cannot be used"):
            await ask
    await knowledge.close()
    await db.close()


async def test_a_base_that_was_never_opened_can_be_closed(embedder: Embedder, tmp_path: Path) -> None:
    db = await Database.open(tmp_path / "knowledge.db")
    await LocalKnowledge(db, embedder, tmp_path / "chroma").close()
    await db.close()


async def test_searches_beside_writes_are_answered(knowledge: LocalKnowledge) -> None:
    await knowledge.put([document("fixed", "The bridge opens at noon.")], BY)

    async def write() -> None:
        for round_ in range(5):
            await knowledge.put([document(f"n{round_}-{n}", f"Unrelated note {round_} {n}.") for n in range(20)], BY)

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        answers = [group.create_task(found(knowledge, "when does the bridge open?", limit=1)) for _ in range(20)]

    assert [answer.result() for answer in answers] == [["fixed"]] * 20
