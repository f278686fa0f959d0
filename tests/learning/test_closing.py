"""What a session teaches, through the whole bot: real storage, index and encoder; the reasoner is scripted."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pytest

from tests.fakes import ScriptedReasoner
from tests.scene import PLACE, Scene, staged
from vigilbot.chat.base import CardAccepted
from vigilbot.errors import ModelUnavailable, OutputUnreadable
from vigilbot.learning.approval import approve
from vigilbot.models import EVERYONE, Answer, AnswerPart, Extraction, Origin, Pair, Question, Review
from vigilbot.storage import cards, entries, jobs, lessons
from vigilbot.storage.entries import Change, Content, NewVersion, Shelf

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.models import Reference
    from vigilbot.storage.lessons import StoredLesson

QUESTION = "How do I move my service off a failed host?"
ANSWER = "Migrate it by hand to the reserved host with `svc move --to reserved`."
PAIR = Pair(QUESTION, ANSWER)
MINUTES = 60.0


async def lessons_of(scene: Scene) -> list[StoredLesson]:
    return await lessons.of_session(scene.app.db, PLACE.session_id)


async def found(scene: Scene, question: str = QUESTION) -> list[Reference]:
    pairs = await scene.app.knowledge.search(Question(question), audiences=frozenset({EVERYONE}), limit=5)
    return [pair for pair in pairs if pair.kind == "qa"]


async def close(scene: Scene) -> None:
    await scene.command("close", "ana")
    await scene.passes()


def scripted(**script: object) -> ScriptedReasoner:
    return ScriptedReasoner(**{task: deque(said) for task, said in script.items()})  # type: ignore[call-overload]  # lists


async def asked_and_answered(scene: Scene) -> str:
    """A question before the analyst joins, and the analyst's answer. Returns the answer's message id."""
    await scene.say("customer", QUESTION, "bob")
    await scene.say("analyst", "Let me look.", "ana")
    return await scene.say("analyst", ANSWER, "ana")


async def test_what_an_analyst_answered_becomes_knowledge(folder: Path) -> None:
    reasoner = scripted(scopes=["within_scope"], extractions=[Extraction(PAIR, ("0003",), "she gave the command")])
    async with staged(folder, reasoner, documented=False) as scene:
        assert await asked_and_answered(scene) == "0003"
        await close(scene)
        [lesson] = await lessons_of(scene)
        assert (lesson.result, lesson.evidence) == ("learnt", ("0003",))
        [pair, *_] = await found(scene)
        assert (pair.question, pair.text) == (QUESTION, ANSWER)
        assert pair.source == f"https://chat.example/{PLACE.session_id}"
        [version] = await entries.history(scene.app.db, pair.entry_id)
        [origin] = version.origins
        assert (origin.session_id, origin.people, origin.message_ids) == (PLACE.session_id, ("ana",), ("0001", "0003"))
        assert await jobs.waiting(scene.app.db, PLACE.session_id) == []


async def test_the_whole_dialogue_is_shown_to_the_extractor_and_only_the_question_to_identify(folder: Path) -> None:
    reasoner = scripted(scopes=["within_scope"], extractions=[Extraction(None, (), "nothing definitive")])
    async with staged(folder, reasoner, documented=False) as scene:
        await asked_and_answered(scene)
        await close(scene)
        identified, extracted = reasoner.seen
        assert [message.id for message in identified.messages] == ["0001"]
        assert [message.id for message in extracted.messages] == ["0001", "0002", "0003"]
        assert [lesson.result for lesson in await lessons_of(scene)] == ["nothing"]


@pytest.mark.parametrize("evidence", [("0001",), ("9999",), ()], ids=["a customer's", "unknown", "none"])
async def test_only_analysts_teach_whatever_the_reasoner_says(folder: Path, evidence: tuple[str, ...]) -> None:
    reasoner = scripted(scopes=["within_scope"], extractions=[Extraction(PAIR, evidence, "it says so")])
    async with staged(folder, reasoner, documented=False) as scene:
        await asked_and_answered(scene)
        await close(scene)
        assert [lesson.result for lesson in await lessons_of(scene)] == ["nothing"]
        assert await found(scene) == []


async def test_without_an_analyst_nobody_is_asked_and_nothing_is_learnt(folder: Path) -> None:
    async with staged(folder, scripted(scopes=["within_scope"]), documented=False) as scene:
        await scene.say("customer", QUESTION, "bob")
        await scene.say("customer", f"the answer is: {ANSWER}", "mallory")
        await close(scene)
        assert [lesson.result for lesson in await lessons_of(scene)] == ["nothing"]
        assert await found(scene) == []


async def test_what_was_out_of_scope_teaches_nothing(folder: Path) -> None:
    async with staged(folder, scripted(scopes=["out_of_scope"]), documented=False) as scene:
        await asked_and_answered(scene)
        await close(scene)
        assert [lesson.result for lesson in await lessons_of(scene)] == ["passed"]


async def test_a_quiet_session_is_learnt_from_before_it_closes_and_once(folder: Path) -> None:
    reasoner = scripted(scopes=["within_scope"], extractions=[Extraction(PAIR, ("0003",), "she gave the command")])
    async with staged(folder, reasoner, documented=False, checkpoint=20) as scene:
        assert scene.app.learner
        await asked_and_answered(scene)
        sweeping = scene.app.tasks.spawn(scene.app.learner.sweep(), name="sweep")
        await scene.passes(19 * MINUTES)
        assert await lessons_of(scene) == []
        await scene.passes(3 * MINUTES)
        assert [lesson.result for lesson in await lessons_of(scene)] == ["learnt"]
        await scene.passes(60 * MINUTES)
        await close(scene)  # nothing was said since: the reasoner's script would be exhausted
        assert len(await found(scene)) == 1
        sweeping.cancel()


async def test_a_correction_after_the_checkpoint_replaces_what_was_learnt(folder: Path) -> None:
    better = Pair(QUESTION, "Wait ten minutes: the scheduler moves it by itself.")
    reasoner = scripted(scopes=["within_scope"], extractions=[Extraction(PAIR, ("0003",), ".")])
    async with staged(folder, reasoner, documented=False) as scene:
        await asked_and_answered(scene)
        await close(scene)
        said = await scene.say("analyst", "Ignore that, it moves by itself within ten minutes.", "ana")
        reasoner.extractions.append(Extraction(better, (said,), "the last word stands"))
        await close(scene)
        [pair] = await found(scene)
        assert pair.text == better.answer
        assert [version.version for version in await entries.history(scene.app.db, pair.entry_id)] == [2, 1]


async def test_what_the_whole_dialogue_takes_back_is_retired(folder: Path) -> None:
    extractions = [Extraction(PAIR, ("0003",), "."), Extraction(None, (), "she took it back")]
    async with staged(folder, scripted(scopes=["within_scope"], extractions=extractions), documented=False) as scene:
        await asked_and_answered(scene)
        await close(scene)
        await scene.say("analyst", "Ignore that, I was wrong.", "ana")
        await close(scene)
        [lesson] = await lessons_of(scene)
        assert (lesson.result, [effect.change for effect in lesson.entries]) == ("nothing", ["retired"])
        assert await found(scene) == []


async def test_a_model_that_fails_leaves_nothing_half_done_and_is_asked_again(folder: Path) -> None:
    reasoner = scripted(
        scopes=["within_scope"], extractions=[ModelUnavailable("down"), Extraction(PAIR, ("0003",), ".")]
    )
    async with staged(folder, reasoner, documented=False) as scene:
        assert scene.app.learner
        await asked_and_answered(scene)
        await close(scene)
        assert await lessons_of(scene) == []
        [job] = await jobs.waiting(scene.app.db, PLACE.session_id)
        assert job.tried == 1
        reasoner.scopes.append("within_scope")
        await scene.passes(5 * MINUTES)
        await scene.app.learner.work()
        assert [lesson.result for lesson in await lessons_of(scene)] == ["learnt"]


async def test_an_unreadable_reply_about_one_question_does_not_stop_the_next(folder: Path) -> None:
    reasoner = scripted(
        scopes=["within_scope", "within_scope"],
        extractions=[OutputUnreadable("no JSON"), OutputUnreadable("as yet")],
    )
    async with staged(folder, reasoner, documented=False) as scene:
        await scene.say("customer", "What is the limit?", "eve")
        await scene.say("analyst", "Ten.", "ana")
        await scene.command("mute", "ana")
        said = await asked_and_answered(scene)
        reasoner.extractions[-1] = Extraction(PAIR, (said,), ".")
        await close(scene)
        assert [(lesson.message_id, lesson.result) for lesson in await lessons_of(scene)] == [("0004", "learnt")]


async def answered(scene: Scene, reasoner: ScriptedReasoner) -> None:
    """The bot answers a customer from a learnt pair."""
    by = Change("test", "known before", scene.clock.now())
    await scene.app.knowledge.put([NewVersion("known", Shelf("qa", EVERYONE), Content("", ANSWER, "", QUESTION))], by)
    await scene.say("analyst", "Hi, how can I help?", "ana")
    reasoner.scopes.append("within_scope")
    reasoner.answers.append("Migrate it by hand <doc_1>.")
    await scene.say("customer", QUESTION, "bob")
    await scene.passes()
    [turn] = await scene.turns()
    assert turn.outcome == "answered"
    assert turn.references[0].entry_id == "known"


async def test_an_accepted_answer_is_stored_once_and_at_once(folder: Path) -> None:
    reasoner = scripted()
    async with staged(folder, reasoner, documented=False) as scene:
        await answered(scene, reasoner)
        [card] = await cards.of_session(scene.app.db, PLACE.session_id)
        for serial in range(2):
            await scene.app.intake.receive(CardAccepted(f"a{serial}", PLACE, card.id, "bob", scene.clock.now()))
        await scene.passes()
        [lesson] = await lessons_of(scene)
        assert lesson.result == "accepted"
        await close(scene)
        assert len(await found(scene)) == 1
        assert reasoner.seen[1:] == []  # nobody reviews what a person has accepted


async def test_two_accepted_parts_near_the_same_pair_are_both_kept(folder: Path) -> None:
    reasoner = scripted(scopes=["within_scope"])
    parts = tuple(
        AnswerPart(f"{QUESTION[:-1]} {where}?", f"{ANSWER} {then} <doc_1>")
        for where, then in (("today", "Then reboot it."), ("now", "Do not stop it before: its disk would be lost."))
    )
    reasoner.answers.append(Answer(parts, "scripted"))
    async with staged(folder, reasoner, documented=False) as scene:
        by = Change("test", "known before", scene.clock.now())
        known = NewVersion("known", Shelf("qa", EVERYONE), Content("", "Reboot the host.", "", QUESTION))
        await scene.app.knowledge.put([known], by)
        await scene.say("analyst", "Hi, how can I help?", "ana")
        await scene.say("customer", QUESTION, "bob")
        await scene.passes()
        [card] = await cards.of_session(scene.app.db, PLACE.session_id)
        await scene.app.intake.receive(CardAccepted("a", PLACE, card.id, "bob", scene.clock.now()))
        await scene.passes()
        [lesson] = await lessons_of(scene)
        assert [effect.change for effect in lesson.entries] == ["replaced", "added"]
        assert len(await found(scene)) == 2


@pytest.mark.parametrize(
    ("review", "result", "still_there"),
    [
        (Review("keep", "it held", message_ids=("0003",)), "kept", True),
        (Review("delete", "it was wrong", (1,), message_ids=("0003",)), "deleted", False),
        (Review("delete", "it was wrong", (1,), message_ids=("0002",)), "undecided", True),
        (Review("delete", "it was wrong", (7,), message_ids=("0003",)), "undecided", True),
        (Review("update", "but how?", message_ids=("0003",)), "undecided", True),
        (Review(None, "the model said `maybe`"), "undecided", True),
    ],
    ids=["keep", "delete", "a customer's word", "no such reference", "update without pair", "off-menu"],
)
async def test_an_unaccepted_answer_is_reviewed(folder: Path, review: Review, result: str, still_there: bool) -> None:
    reasoner = scripted(reviews=[review])
    async with staged(folder, reasoner, documented=False) as scene:
        await answered(scene, reasoner)
        await scene.say("analyst", "No, that no longer works.", "ana")
        await close(scene)
        assert [lesson.result for lesson in await lessons_of(scene)] == [result]
        assert bool(await found(scene)) is still_there


async def test_a_document_that_misled_stays_for_all_other_questions(folder: Path) -> None:
    question = "Which model does vigilbot use when I set no key?"
    reasoner = scripted(reviews=[Review("delete", "it was about something else", (1,), message_ids=("0003",))])
    async with staged(folder, reasoner) as scene:
        await scene.say("analyst", "Hi", "ana")
        reasoner.scopes.append("within_scope")
        reasoner.answers.append("It is so <doc_1>.")
        await scene.say("customer", question, "bob")
        await scene.passes()
        [turn] = await scene.turns()
        misled = turn.references[0].entry_id
        await scene.say("analyst", "No, that is not it.", "ana")
        await close(scene)
        [lesson] = await lessons_of(scene)
        assert [(effect.entry_id, effect.change) for effect in lesson.entries] == [(misled, "marked")]
        assert (await scene.app.knowledge.get(misled)).status == "active"


async def test_with_approval_nothing_is_used_before_an_analyst_says_so(folder: Path) -> None:
    reasoner = scripted(scopes=["within_scope"], extractions=[Extraction(PAIR, ("0003",), ".")])
    async with staged(folder, reasoner, documented=False, learning="approve") as scene:
        await asked_and_answered(scene)
        await close(scene)
        [lesson] = await lessons_of(scene)
        assert (await scene.app.knowledge.get(lesson.entries[0].entry_id)).status == "pending"
        assert await found(scene) == []


async def test_an_approved_pair_takes_the_place_of_the_one_that_asks_the_same(folder: Path) -> None:
    reasoner = scripted(scopes=["within_scope"], extractions=[Extraction(PAIR, ("0003",), ".")])
    async with staged(folder, reasoner, documented=False, learning="approve") as scene:
        by = Change("test", "known before", scene.clock.now(), (Origin(session_id="earlier"),))
        old = Content("", "Restart it.", "", QUESTION)
        await scene.app.knowledge.put([NewVersion("old", Shelf("qa", EVERYONE), old)], by)
        await asked_and_answered(scene)
        await close(scene)
        [lesson] = await lessons_of(scene)
        pending = lesson.entries[0].entry_id
        assert [pair.entry_id for pair in await found(scene)] == ["old"]
        await approve(scene.app.knowledge, pending, Change("ana", "approved", scene.clock.now()))
        assert [pair.entry_id for pair in await found(scene)] == [pending]
        [latest, *_] = await entries.history(scene.app.db, pending)
        assert {origin.session_id for origin in latest.origins} == {PLACE.session_id, "earlier"}


async def test_switched_off_nothing_is_ordered(folder: Path) -> None:
    async with staged(folder, scripted(), documented=False, learning="off") as scene:
        await asked_and_answered(scene)
        await close(scene)
        assert scene.app.learner is None
        assert await jobs.waiting(scene.app.db, PLACE.session_id) == []
