"""What one audience's knowledge has gone into answers nobody else, however it came to be learnt."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pytest

from tests.fakes import ScriptedReasoner
from tests.knowledge.entries import BY, document, pair, random_vectors
from tests.scene import PLACE, Scene, staged
from vigilbot.chat.base import CardAccepted
from vigilbot.errors import EntryConflict
from vigilbot.learning.merging import merged, new_entry_id
from vigilbot.models import EVERYONE, Audience, Pair, Question, Review
from vigilbot.storage import cards, entries, lessons
from vigilbot.storage.lessons import Effect, StoredLesson

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.knowledge.local import LocalKnowledge

BOB = Audience("customer:bob")
CANARY = "kestrel-77"
QUESTION = "How do I move my service off a failed host?"
COMMON = document("common", "Services are moved by hand off a failed host.", title="Moving services")
PRIVATE = document("private", f"Bob's services move to the reserved host {CANARY}.", title="Bob's hosts", audience=BOB)


async def known_to(scene: Scene, *audiences: Audience) -> str:
    found = await scene.app.knowledge.search(Question(QUESTION), audiences=frozenset(audiences), limit=20)
    return "\n".join(f"{reference.question} {reference.text}" for reference in found)


async def answered(scene: Scene, reasoner: ScriptedReasoner, said: str) -> None:
    """Bob, whose private knowledge is found beside everybody's, gets a card that says this."""
    await scene.app.knowledge.put([COMMON, PRIVATE], BY)
    await scene.say("analyst", "Hi, how can I help?", "ana")
    reasoner.scopes.append("within_scope")
    reasoner.answers.append(said)
    await scene.say("customer", QUESTION, "bob")
    await scene.passes()
    [turn] = await scene.turns()
    assert turn.outcome == "answered"
    assert {reference.entry_id for reference in turn.references} == {"common", "private"}


@pytest.mark.parametrize("cited", ["<doc_1>", "<doc_2>", "<doc_1> <doc_2>"])
async def test_an_accepted_answer_is_for_those_alone_who_may_see_what_it_was_made_from(
    tmp_path: Path, cited: str
) -> None:
    """Also when the model cites what everybody may see and says what only Bob may."""
    reasoner = ScriptedReasoner()
    async with staged(tmp_path, reasoner, documented=False) as scene:
        await answered(scene, reasoner, f"Move it to {CANARY} {cited}.")
        [card] = await cards.of_session(scene.app.db, PLACE.session_id)
        await scene.app.intake.receive(CardAccepted("a1", PLACE, card.id, "bob", scene.clock.now()))
        await scene.passes()
        [lesson] = await lessons.of_session(scene.app.db, PLACE.session_id)
        assert [effect.change for effect in lesson.entries] == ["added"]
        assert CANARY not in await known_to(scene, EVERYONE, Audience(f"channel:{PLACE.channel}"))
        assert CANARY in await known_to(scene, BOB)


async def test_an_answer_that_was_put_right_is_for_those_alone_who_may_see_what_it_was_made_from(
    tmp_path: Path,
) -> None:
    better = Pair(QUESTION, f"From version 5 on it moves to {CANARY} by itself.")
    reasoner = ScriptedReasoner(reviews=deque([Review("update", "by itself now", (), better, ("0003",))]))
    async with staged(tmp_path, reasoner, documented=False) as scene:
        await answered(scene, reasoner, f"Move it by hand to {CANARY} <doc_1> <doc_2>.")
        await scene.say("analyst", "From version 5 on that goes by itself.", "ana")
        await scene.command("close", "ana")
        await scene.passes()
        [lesson] = await lessons.of_session(scene.app.db, PLACE.session_id)
        assert lesson.result == "updated"
        assert CANARY not in await known_to(scene, EVERYONE, Audience(f"channel:{PLACE.channel}"))
        assert "by itself" in await known_to(scene, BOB)


async def test_what_was_learnt_for_everyone_does_not_become_what_is_for_one(knowledge: LocalKnowledge) -> None:
    common = new_entry_id("s", "m", 0)
    [written] = await knowledge.put([pair(common, QUESTION, "By hand.")], BY)
    before = StoredLesson(
        session_id="s",
        message_id="m",
        turn_id=None,
        scope="within_scope",
        question=Question(QUESTION),
        result="learnt",
        reason="",
        evidence=(),
        entries=(Effect(*written.ref, "added"),),
        seen="",
        reasoner="",
        learnt_at=1.0,
    )
    fresh = pair(new_entry_id("s", "m", 0, BOB), QUESTION, f"It is moved to {CANARY}.", BOB)
    addition = await merged(fresh, before, (), knowledge)
    assert addition
    await knowledge.put([addition.version], BY)
    assert (await knowledge.get(common)).text == "By hand."
    seen = await knowledge.search(Question(QUESTION), audiences=frozenset({EVERYONE}), limit=5)
    assert [reference.text for reference in seen] == ["By hand."]


async def test_an_entry_never_changes_whom_it_answers(knowledge: LocalKnowledge) -> None:
    await knowledge.put([pair("p", QUESTION, "By hand.")], BY)
    with pytest.raises(EntryConflict, match="p is for everyone"):
        async with knowledge.db.transaction() as tx:
            vectors = random_vectors(1, knowledge.embedder.dimensions)
            await entries.write(tx, [pair("p", QUESTION, CANARY, BOB)], vectors, knowledge.embedder.name, BY)
    assert (await knowledge.get("p")).text == "By hand."
