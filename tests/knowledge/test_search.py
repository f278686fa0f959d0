"""Two paths, one ranking: real encoder, Chroma, SQLite; what each path alone would have missed or leaked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from structlog.testing import capture_logs

from tests.knowledge.entries import BY, document, pair
from vigilbot.errors import KnowledgeError
from vigilbot.knowledge.search import Search
from vigilbot.knowledge.wordings import without_stop_words, wordings_of
from vigilbot.models import EVERYONE, Audience, Entry, Question
from vigilbot.storage.lexical import LexicalReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.knowledge.local import LocalKnowledge

ALL = frozenset({EVERYONE})
ACME = Audience("customer:acme")


async def found(
    knowledge: LocalKnowledge, text: str, audiences: frozenset[Audience] = ALL, limit: int = 5
) -> list[str]:
    return [hit.entry_id for hit in await knowledge.search(Question(text), audiences=audiences, limit=limit)]


def notes(count: int) -> list[str]:
    return [f"Step {n}: restart worker {n} when its queue is longer than {n * 10} jobs." for n in range(count)]


async def test_an_error_code_is_found_by_its_letters_and_a_paraphrase_by_its_meaning(
    knowledge: LocalKnowledge,
) -> None:
    await knowledge.put([document(f"n{n}", text) for n, text in enumerate(notes(60))], BY)
    await knowledge.put(
        [
            document("code", "QX_8812_TRIPPED: the breaker of the second ring is open; close it by hand."),
            document("meaning", "Detach the volume, grow it, attach it again."),
        ],
        BY,
    )

    assert (await found(knowledge, "QX_8812_TRIPPED"))[0] == "code"
    assert (await found(knowledge, "how do I make my disk bigger?"))[0] == "meaning"


async def test_a_reference_tells_what_each_path_said_of_it(knowledge: LocalKnowledge) -> None:
    await knowledge.put([document("a", "Snapshots copy a volume."), document("b", "Invoices come monthly.")], BY)

    first, second = await knowledge.search(Question("how do snapshots copy a volume?"), audiences=ALL, limit=5)

    assert first.entry_id == "a"
    assert set(first.scores) == {"dense", "dense_rank", "lexical", "lexical_rank", "fused", "rerank"}
    assert (first.scores["dense_rank"], first.scores["lexical_rank"]) == (1, 1)
    assert "lexical" not in second.scores
    assert 0 < second.score < first.score <= 1


async def test_no_path_leaks_an_audience_or_what_is_not_active(knowledge: LocalKnowledge) -> None:
    inner = "ZK-4471 is the maintenance code of the blue cluster."
    await knowledge.put([document("acme", inner, audience=ACME), pair("acme-qa", "ZK-4471?", inner, ACME)], BY)
    await knowledge.put([document("draft", inner, status="pending"), document("old", inner)], BY)
    await knowledge.retire(["old"], BY)
    await knowledge.put([document("public", "The blue cluster has a maintenance code.")], BY)

    assert await found(knowledge, inner) == ["public"]
    assert await found(knowledge, inner, frozenset()) == []
    assert "acme" in await found(knowledge, inner, frozenset({EVERYONE, ACME}))
    assert "public" not in await found(knowledge, inner, frozenset({ACME}))


async def test_near_duplicates_leave_room_but_other_versions_stay(knowledge: LocalKnowledge) -> None:
    await knowledge.put(
        [
            document("one", "To reset the router, hold its button for ten seconds."),
            document("same", "To reset  the router, hold its BUTTON for ten seconds."),
            document("v1", "Release 1.4.2 needs Java 11 to start the router service."),
            document("v2", "Release 1.5.0 needs Java 11 to start the router service."),
            document("other", "The router's lamp is green when the link is up."),
        ],
        BY,
    )

    hits = await found(knowledge, "router reset, router release needs which Java?", limit=4)

    assert len({"one", "same"} & set(hits)) == 1
    assert {"v1", "v2", "other"} <= set(hits)
    question = Question("how do I reset the router?")
    assert len(await knowledge.ranked(question, audiences=ALL, limit=9)) == 5


async def test_one_path_is_enough(knowledge: LocalKnowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    await knowledge.put([document("a", "The bridge opens at noon."), document("b", "Cakes need eggs.")], BY)

    async def broken(*_: object) -> list[list[object]]:
        raise KnowledgeError("out of order")

    with capture_logs() as logs, monkeypatch.context() as patched:
        patched.setattr(LexicalReader, "run", broken)
        assert (await found(knowledge, "when does the bridge open?"))[0] == "a"
    assert [entry["event"] for entry in logs] == ["lexical_path_failed"]

    with capture_logs() as logs, monkeypatch.context() as patched:
        patched.setattr(type(knowledge.serving.index), "nearest", broken)
        [hit] = await knowledge.search(Question("when does the bridge open?"), audiences=ALL, limit=5)
        assert (hit.entry_id, "dense_rank" in hit.scores) == ("a", False)
        assert hit.scores["dense"] > 0.5  # from the stored vector
        patched.setattr(LexicalReader, "run", broken)
        with pytest.raises(KnowledgeError, match="out of order"):
            await found(knowledge, "when does the bridge open?")
    assert logs[0]["event"] == "dense_path_failed"


class Reversing:
    """A reranker that likes best what came last; or fails, or sleeps."""

    name = "scripted"
    share = 1.0

    def __init__(self, seconds: float = 5.0, fault: Exception | None = None) -> None:
        self.seconds = seconds
        self.fault = fault

    async def judge(self, wordings: Sequence[str], candidates: Sequence[Entry]) -> NDArray[np.float32] | None:
        if self.fault:
            raise self.fault
        return np.tile(np.linspace(0.1, 0.9, len(candidates), dtype=np.float32), (len(wordings), 1))

    async def close(self) -> None:
        """Nothing to release."""


def with_reranker(knowledge: LocalKnowledge, reranker: Reversing | None) -> Search:
    return Search(knowledge.db, knowledge.embedder, knowledge.serving.index, LexicalReader(knowledge.db.path), reranker)


async def test_the_reranker_decides_and_its_failure_leaves_the_fused_order(knowledge: LocalKnowledge) -> None:
    await knowledge.put([document(f"n{n}", text) for n, text in enumerate(notes(12))], BY)
    question = Question("restart worker 3")

    async def order(reranker: Reversing | None) -> list[str]:
        search = with_reranker(knowledge, reranker)
        try:
            return [hit.entry_id for hit in await search.ranked(question, ALL, 12)]
        finally:
            await search.words.close()

    plain = await order(None)
    assert await order(Reversing()) == plain[::-1]
    with capture_logs() as logs:
        assert await order(Reversing(fault=KnowledgeError("no credit"))) == plain
    assert (logs[0]["event"], logs[0]["reason"]) == ("rerank_failed", "no credit")
    with capture_logs() as logs:
        assert await order(Reversing(fault=TimeoutError())) == plain
    assert logs[0]["event"] == "rerank_failed"


async def test_nearest_is_cosine_alone(knowledge: LocalKnowledge) -> None:
    await knowledge.put([document(f"n{n}", text) for n, text in enumerate(notes(9))], BY)

    hits = await knowledge.nearest("restart worker 3", audiences=ALL, limit=4)

    assert len(hits) == 4
    assert all(hit.scores == {"dense": hit.score} for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_variants_belong_to_the_whole_and_sub_questions_stand_alone() -> None:
    wordings = wordings_of(Question("a and b?", ("a?", "b?"), ("in other words", "a and b?")))

    assert wordings.texts == ["a and b?", "in other words", "a?", "b?"]
    assert wordings.groups == [[0, 1, 0], [2], [3]]


def test_stop_words_are_not_searched_for_unless_there_are_no_others() -> None:
    assert without_stop_words("Can you tell me the --dry-run flag, please?") == "tell --dry-run flag,"
    assert without_stop_words("who am I?") == "who am I?"
    assert without_stop_words("") == ""
