"""What people do to entries costs no second embedding, and is undone by the same means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.knowledge.entries import BY, pair, random_vectors
from vigilbot.errors import EntryConflict, NotFound
from vigilbot.knowledge.curation import curating
from vigilbot.knowledge.curation.exporting import exported
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import EVERYONE, Card, Question, Session, Source, Turn
from vigilbot.storage import cards, documents, lessons, misleading, sessions, turns, uses
from vigilbot.storage.catalogue import Filter
from vigilbot.storage.database import Database
from vigilbot.storage.doubts import doubts
from vigilbot.storage.entries import NewVersion, Ref
from vigilbot.storage.lessons import StoredLesson
from vigilbot.storage.misleading import Mark
from vigilbot.storage.tokens import of_versions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedded, Embedder
    from vigilbot.models import CardState
    from vigilbot.storage.lessons import Result


class Counting:
    """The real encoder, with its texts counted."""

    def __init__(self, inner: Embedder) -> None:
        self.inner = inner
        self.texts: list[str] = []

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def dimensions(self) -> int:
        return self.inner.dimensions

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return await self.inner.embed(texts)

    async def embed_tokens(self, texts: Sequence[str]) -> Embedded:
        from vigilbot.embedding.base import embed_tokens  # noqa: PLC0415 - named like this method

        self.texts += texts
        return await embed_tokens(self.inner, texts)

    async def close(self) -> None:
        """The encoder belongs to the whole run."""


@pytest_asyncio.fixture
async def counted(embedder: Embedder, tmp_path: Path) -> AsyncIterator[tuple[LocalKnowledge, Counting]]:
    db, encoder = await Database.open(tmp_path / "knowledge.db"), Counting(embedder)
    opened = LocalKnowledge(db, encoder, tmp_path / "chroma")
    await opened.open()
    await opened.put([pair("p", "Which port?", "Port 8008.")], BY)
    encoder.texts.clear()
    yield opened, encoder
    await opened.close()
    await db.close()


async def test_bringing_an_entry_back_embeds_nothing(counted: tuple[LocalKnowledge, Counting]) -> None:
    knowledge, encoder = counted
    before = await of_versions(knowledge.db, [Ref("p", 1)], encoder.name)
    await curating.retire(knowledge, "p", BY)
    entry = await curating.revert(knowledge, "p", None, BY)
    assert (entry.version, entry.status, encoder.texts) == (3, "active", [])
    after = await of_versions(knowledge.db, [Ref("p", 3)], encoder.name)
    assert list(after.values()) == list(before.values())
    [found] = await knowledge.search(Question("Which port?"), audiences=frozenset({EVERYONE}), limit=3)
    assert (found.entry_id, found.version) == ("p", 3)


async def test_an_edit_is_embedded_and_its_revert_too_where_the_vector_is_gone(
    counted: tuple[LocalKnowledge, Counting],
) -> None:
    knowledge, encoder = counted
    await curating.edit(knowledge, "p", BY, title="", question="Which\u200b host?", text="The first.")
    assert encoder.texts == ["Which host?"]
    entry = await curating.revert(knowledge, "p", None, BY)
    assert (entry.question, encoder.texts[1:]) == ("Which port?", ["Which port?"])


async def test_what_does_not_fit_the_state_is_refused(counted: tuple[LocalKnowledge, Counting]) -> None:
    knowledge, _ = counted
    with pytest.raises(EntryConflict, match="only one version"):
        await curating.revert(knowledge, "p", None, BY)
    with pytest.raises(EntryConflict, match="not pending"):
        await curating.reject(knowledge, "p", BY)
    await curating.retire(knowledge, "p", BY)
    with pytest.raises(EntryConflict, match="retired already"):
        await curating.retire(knowledge, "p", BY)
    with pytest.raises(EntryConflict, match="revert that before"):
        await curating.edit(knowledge, "p", BY, title="", question="Which?", text="This.")
    with pytest.raises(NotFound):
        await curating.approve(knowledge, "nosuch", BY)


async def cite(db: Database, entry_id: str, state: CardState, at: float, result: Result = "kept") -> None:
    """A card that cites the entry, and what a review said about it."""
    session, turn = Session("s", "console", "room", "s", "t", "open", 1.0), f"t{at}"
    card = Card(f"c{at}", "s", turn, (), (Source(1, entry_id, "", "", ""),) * 2, "extractive", "queued", at)
    async with db.transaction() as tx:
        await sessions.save(tx, session)
        await turns.open_turn(tx, Turn(turn, "s", (), at))
        await cards.add(tx, card, random_vectors(1, 4)[0])
        await tx.execute("UPDATE cards SET state = ? WHERE id = ?", (state, card.id))
        lesson = StoredLesson("s", turn, turn, "within_scope", None, result, "as reviewed", (), (), "", "", at + 1)
        await lessons.save(tx, lesson)


async def test_uses_are_the_posted_cards(counted: tuple[LocalKnowledge, Counting]) -> None:
    knowledge, _ = counted
    states: tuple[CardState, ...] = ("posted", "accepted", "queued")
    for at, state in enumerate(states, 10):
        await cite(knowledge.db, "p", state, at)
    used = await uses.of_entries(knowledge.db, ["p", "other"])
    assert used == {"p": uses.Uses(cited=2, accepted=1, last_at=11.0), "other": uses.Uses()}


async def test_what_was_contradicted_or_is_gone_or_unused_is_shown(counted: tuple[LocalKnowledge, Counting]) -> None:
    knowledge, _ = counted
    db, late = knowledge.db, BY.at + 100
    for id_ in ("misled", "reviewed", "accepted"):
        await knowledge.put([pair(id_, f"About {id_}?", "Yes.")], BY)
    async with db.transaction() as tx:
        page = await documents.begin(tx, "https://example.org/gone", EVERYONE, "Gone", 1.0)
        await misleading.add(tx, [Mark("misled", "s", "m", "And this?", "it was another product", late)])
        await documents.found_dead(tx, page, 50.0)
        await documents.found_dead(tx, page, 60.0)
    gone = pair("gone", "On that page?", "Yes.")
    await knowledge.put([NewVersion(gone.id, gone.shelf, gone.content, document_id=page, key="1")], BY)
    await cite(db, "reviewed", "posted", late, "updated")
    await cite(db, "accepted", "accepted", late + 1, "updated")
    found = await doubts(db, late, 10)
    shown = {(doubt.kind, doubt.entry.id): doubt for doubt in found.shown}
    assert set(shown) == {
        ("contradicted", "misled"),
        ("contradicted", "reviewed"),
        ("dead", "gone"),
        *(("unused", id_) for id_ in ("p", "misled", "gone")),
    }
    assert shown["contradicted", "misled"].why == "misled a question: it was another product"
    assert shown["dead", "gone"].since == 50.0
    await curating.edit(knowledge, "misled", BY, title="", question="About it?", text="Only this product.")
    assert found.totals == {"pending": 0, "contradicted": 2, "dead": 1, "unreachable": 0, "unused": 3}


async def test_an_export_holds_one_audience_of_one_status(counted: tuple[LocalKnowledge, Counting]) -> None:
    knowledge, _ = counted
    await curating.retire(knowledge, "p", BY)
    assert [line async for line in exported(knowledge.db, Filter(status="active", audience=EVERYONE))] == []
    [line] = [line async for line in exported(knowledge.db, Filter(status="retired"))]
    assert '"answer":"Port 8008."' in line
