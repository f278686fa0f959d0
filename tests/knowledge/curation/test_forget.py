"""A forgotten source leaves nothing behind: every file of the data folder is searched for it.

Searched before this process fills an index again: Chroma writes unused memory into its files as it finds it, and
here that memory has seen everything. `test_cli_knowledge.py` looks at the folder as the command leaves it.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.knowledge.entries import BY, document, pair, random_vectors
from vigilbot.chat.base import MessageEdited, MessagePosted, Place
from vigilbot.chat.wire import encode, message_key
from vigilbot.errors import NotFound
from vigilbot.knowledge.curation.forget import foreseen, forget
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import (
    EVERYONE,
    Answer,
    AnswerPart,
    Card,
    Image,
    Message,
    ModelCall,
    Origin,
    Question,
    Reference,
    Session,
    Source,
    Turn,
)
from vigilbot.storage import cards, documents, entries, inbox, lessons, misleading, sessions, turns
from vigilbot.storage.calls import CallLog
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE, INDEX
from vigilbot.storage.forgetting.target import Target
from vigilbot.storage.lessons import StoredLesson
from vigilbot.storage.misleading import Mark

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from vigilbot.embedding.base import Embedder
    from vigilbot.storage.entries import NewVersion

CANARY = "zirconium-4711"
OTHERS = "basalt-0815"
PICTURE = "images/canary.png"
FIRST, SECOND = Place("console", "room", "1"), Place("console", "room", "2")
CAROL, DAN = "carol", "dan"


@asynccontextmanager
async def knowing(folder: Path, embedder: Embedder) -> AsyncIterator[LocalKnowledge]:
    db = await Database.open(folder / DATABASE)
    knowledge = LocalKnowledge(db, embedder, folder / INDEX)
    await knowledge.open()
    yield knowledge
    await knowledge.close()
    await db.close()


def residue(folder: Path, *needles: bytes) -> list[str]:
    """The files that still hold one of these."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(needle in path.read_bytes() for needle in needles)]


async def teach(knowledge: LocalKnowledge, new: NewVersion, *origins: Origin) -> bytes:
    """Store it; returns the bytes of its vector."""
    await knowledge.put([new], replace(BY, origins=origins))
    row = await knowledge.db.row(
        "SELECT x.vector FROM vectors x JOIN entries e ON e.seq = x.entry_seq WHERE e.id = ?", (new.id,)
    )
    assert row is not None
    return bytes(row["vector"])


async def hold(db: Database, place: Place, customer: str, said: str, cited: Reference) -> None:
    """A session as it is stored: events, messages, a turn answered with a card, a lesson, a mark, a model's reply."""
    id_, turn_id = place.session_id, f"turn-{place.thread}"
    part = AnswerPart(f"how about {said}?", f"{cited.text} [1]")
    question, answer = Question(f"how about {said}?"), Answer((part,), "scripted")
    turn = Turn(turn_id, id_, ("m1",), 1.0, references=(cited,), question=question, answer=answer, outcome="answered")
    posted = MessagePosted(f"event-{turn_id}", place, "m1", customer, "customer", said, 1.0)
    card = Card(
        f"card-{turn_id}", id_, turn_id, (part,), (Source(1, cited.entry_id, cited.title, "", cited.text),), "scripted",
        "queued", 2.0,
    )  # fmt: skip
    async with db.transaction() as tx:
        for event in (posted, MessageEdited(f"edit-{turn_id}", place, "m1", said, 1.5)):
            await inbox.add(
                tx,
                [
                    inbox.Row(
                        event_id=event.event_id,
                        message_key=message_key(event),
                        platform=place.platform,
                        payload=encode(event),
                        received_at=1.0,
                    )
                ],
            )
        await sessions.save(tx, Session(id_, place.platform, place.channel, place.thread, said, "open", 1.0))
        await turns.open_turn(tx, turn)
        image = Image(PICTURE if said == CANARY else "images/other.png", "image/png")
        await sessions.add_message(tx, Message("m1", id_, customer, "customer", said, 1.0, (image,)), turn_id)
        await turns.end_turn(tx, turn)
        await cards.add(tx, card, random_vectors(1, 4)[0])
        await lessons.save(
            tx,
            StoredLesson(
                id_,
                "m1",
                turn_id,
                "within_scope",
                question,
                "kept",
                f"{customer} said {said}",
                ("m1",),
                (),
                "",
                "",
                3.0,
            ),
        )
        await misleading.add(tx, [Mark("doc", id_, "m1", f"how about {said}?", f"{customer} said {said}", 3.0)])
    await CallLog(db).record(ModelCall(turn_id, "answer", "m", 1.0, 1.0, output=f"the model on {said}: {cited.text}"))


def cited(entry: NewVersion) -> Reference:
    return Reference(entry.id, 1, entry.shelf.kind, entry.content.title, entry.content.text, "", 1.0)


async def test_a_forgotten_session_leaves_nothing_in_any_file(tmp_path: Path, embedder: Embedder) -> None:
    learnt, kept = pair("p", f"Why {CANARY}?", f"Because of {CANARY}."), document("doc", f"All about {OTHERS}.")
    async with knowing(tmp_path, embedder) as knowledge:
        vector = await teach(knowledge, learnt, Origin(FIRST.session_id, "turn-1", ("m1",), ("ann",)))
        await teach(knowledge, kept)
        await hold(knowledge.db, FIRST, CAROL, CANARY, cited(kept))
        await hold(knowledge.db, SECOND, DAN, OTHERS, cited(learnt))  # quotes what the first session taught
    (tmp_path / "images").mkdir()
    (tmp_path / PICTURE).write_bytes(b"canary picture")
    (tmp_path / "images/other.png").write_bytes(b"other picture")
    assert residue(tmp_path, CANARY.encode(), vector)

    done = await forget(tmp_path, Target("session", FIRST.session_id), 9.0)
    assert ([fate.id for fate in done.removed], done.reverted, done.messages) == (["p"], (), 1)
    assert residue(tmp_path, CANARY.encode(), b"carol", vector, b"canary picture") == []
    async with knowing(tmp_path, embedder) as knowledge:
        found = await knowledge.search(Question(OTHERS), audiences=frozenset({EVERYONE}), limit=5)
        assert [reference.entry_id for reference in found] == ["doc"]
        [message] = await sessions.messages(knowledge.db, SECOND.session_id)
        assert message.text == OTHERS
        [card] = await cards.of_session(knowledge.db, SECOND.session_id)
        assert card.parts[0].text == "(forgotten)"
    assert residue(tmp_path, b"other picture") == ["other.png"]


async def test_an_event_of_a_forgotten_session_does_not_begin_it_anew(tmp_path: Path, embedder: Embedder) -> None:
    async with knowing(tmp_path, embedder) as knowledge:
        await teach(knowledge, document("doc", "Text."))
        await hold(knowledge.db, FIRST, CAROL, CANARY, cited(document("doc", "Text.")))
    await forget(tmp_path, Target("session", FIRST.session_id), 9.0)
    async with knowing(tmp_path, embedder) as knowledge:
        assert await inbox.unfinished(knowledge.db) == []
        again = MessagePosted("event-turn-1", FIRST, "m1", CAROL, "customer", CANARY, 1.0)
        async with knowledge.db.transaction() as tx:
            assert not await inbox.add(
                tx,
                [
                    inbox.Row(
                        event_id=again.event_id,
                        message_key=message_key(again),
                        platform="console",
                        payload=encode(again),
                        received_at=1,
                    )
                ],
            )


async def test_a_forgotten_person_is_nowhere_and_the_others_stay(tmp_path: Path, embedder: Embedder) -> None:
    async with knowing(tmp_path, embedder) as knowledge:
        await teach(knowledge, document("doc", f"All about {OTHERS}."))
        taught = pair("by-ann", "Who taught this?", f"{CANARY}, said Ann.")
        await teach(knowledge, taught, Origin("console-room-9", people=("ann",)))
        asked = Origin(FIRST.session_id, "turn-1", ("m1",), ("ben",))
        vector = await teach(knowledge, pair("asked-by-carol", f"Why {CANARY}?", "For a reason."), asked)
        await teach(knowledge, pair("other", "And why?", "Another reason."), Origin(SECOND.session_id, "turn-2"))
        await hold(knowledge.db, FIRST, CAROL, CANARY, cited(document("doc", f"All about {OTHERS}.")))
        await hold(knowledge.db, SECOND, DAN, OTHERS, cited(document("doc", f"All about {OTHERS}.")))
    for person in ("ann", CAROL):
        await forget(tmp_path, Target("person", person), 9.0)
    assert residue(tmp_path, CANARY.encode(), b"carol", b'"ann"', vector) == []
    async with knowing(tmp_path, embedder) as knowledge:
        assert {entry for entry in ("by-ann", "asked-by-carol", "other") if await knowledge.history(entry)} == {"other"}
        [message] = await sessions.messages(knowledge.db, FIRST.session_id)
        assert (message.author, message.text, message.deleted) == ("(forgotten)", "", True)
        [message] = await sessions.messages(knowledge.db, SECOND.session_id)
        assert (message.author, message.text) == (DAN, OTHERS)


async def test_what_another_source_supports_goes_back_to_the_version_before(tmp_path: Path, embedder: Embedder) -> None:
    first, second = Origin("one", people=("ann",)), Origin("two", people=("ben",))
    async with knowing(tmp_path, embedder) as knowledge:
        before = await teach(knowledge, pair("p", "How?", f"So: {OTHERS}."), first)
        after = await teach(knowledge, pair("p", f"How, with {CANARY}?", f"So: {CANARY}."), second)
    done = await forget(tmp_path, Target("session", "two"), 9.0)
    assert [(fate.id, fate.back_to) for fate in done.reverted] == [("p", 1)]
    assert residue(tmp_path, CANARY.encode(), after, b"ben") == []
    async with knowing(tmp_path, embedder) as knowledge:
        entry = await knowledge.get("p")
        assert (entry.version, entry.text, entry.status) == (3, f"So: {OTHERS}.", "active")
        [now, then] = await knowledge.history("p")
        assert now.origins == then.origins == (first,)
        [found] = await knowledge.search(Question("How?"), audiences=frozenset({EVERYONE}), limit=5)
        assert (found.version, found.text) == (3, f"So: {OTHERS}.")
        row = await knowledge.db.row("SELECT vector FROM vectors")
        assert row is not None
        np.testing.assert_allclose(
            np.frombuffer(row["vector"], np.float32), np.frombuffer(before, np.float32), atol=1e-5
        )
    done = await forget(tmp_path, Target("session", "one"), 9.0)
    assert [fate.id for fate in done.removed] == ["p"]
    assert residue(tmp_path, OTHERS.encode()) == []


async def test_forgetting_what_retired_an_entry_brings_it_back(tmp_path: Path, embedder: Embedder) -> None:
    async with knowing(tmp_path, embedder) as knowledge:
        await teach(knowledge, pair("p", "How?", "So."))
        await knowledge.retire(["p"], replace(BY, why=f"{CANARY} misled", origins=(Origin("one"),)))
    await forget(tmp_path, Target("session", "one"), 9.0)
    assert residue(tmp_path, CANARY.encode()) == []
    async with knowing(tmp_path, embedder) as knowledge:
        assert (await knowledge.get("p")).status == "active"
        assert await knowledge.search(Question("How?"), audiences=frozenset({EVERYONE}), limit=1)


async def test_a_forgotten_page_takes_its_document_along(tmp_path: Path, embedder: Embedder) -> None:
    url = "https://example.org/zirconium"
    async with knowing(tmp_path, embedder) as knowledge:
        async with knowledge.db.transaction() as tx:
            page = await documents.begin(tx, url, EVERYONE, "Page", 1.0)
        await teach(knowledge, replace(document("d1", f"On {CANARY}."), document_id=page, key="1"))
        await teach(knowledge, pair("p", "Derived?", f"From {CANARY}."), Origin("s", url=url))
        await teach(knowledge, document("d2", f"On {OTHERS}."))
    done = await forget(tmp_path, Target("url", url), 9.0)
    assert {fate.id for fate in done.removed} == {"d1", "p"}
    assert residue(tmp_path, CANARY.encode(), url.encode()) == []
    async with knowing(tmp_path, embedder) as knowledge:
        assert await documents.find(knowledge.db, url, EVERYONE) is None
        assert await entries.count_active(knowledge.db) == 1


async def test_one_entry_is_forgotten_and_what_is_unknown_is_said_to_be(tmp_path: Path, embedder: Embedder) -> None:
    async with knowing(tmp_path, embedder) as knowledge:
        vector = await teach(knowledge, document("d", f"On {CANARY}."))
        assert (await foreseen(knowledge.db, Target("entry", "d"))).removed[0].id == "d"
    await forget(tmp_path, Target("entry", "d"), 9.0)
    assert residue(tmp_path, CANARY.encode(), vector) == []
    for target in (Target("entry", "d"), Target("session", "s"), Target("person", "x"), Target("url", "https://x.org")):
        with pytest.raises(NotFound, match=f"nothing comes from {target.kind} {target.name}"):
            await forget(tmp_path, target, 9.0)
