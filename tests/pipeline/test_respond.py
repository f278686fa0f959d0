"""Every outcome, through the whole assembled bot with a scripted reasoner."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import pytest

from tests.fakes import ScriptedReasoner
from tests.scene import PLACE, Scene, staged
from vigilbot.chat.base import CommandGiven, MessageDeleted, MessageEdited
from vigilbot.errors import ModelUnavailable
from vigilbot.models import Answer, AnswerPart, Question
from vigilbot.storage import cards, inbox, sessions, suggestions

if TYPE_CHECKING:
    from pathlib import Path

    import aiosqlite

    from vigilbot.chat.base import Command
    from vigilbot.models import Message

PORT = "How do I change the port of the console?"
CITED = "Set VIGIL_PORT <doc_1>."


async def ask(scene: Scene, text: str = PORT) -> str:
    await scene.say("analyst", "hi, let me look")
    await scene.say("customer", text)
    await scene.passes()
    return str((await scene.turns())[-1].outcome)


async def test_an_answer_is_posted_with_its_source(folder: Path) -> None:
    reasoner = ScriptedReasoner(scopes=deque(["within_scope"]), answers=deque([CITED]))
    async with staged(folder, reasoner) as scene:
        assert await ask(scene) == "answered"
        [card] = scene.platform.posted
        [turn] = await scene.turns()
        assert card.parts[0].text == "Set VIGIL_PORT [1]."
        assert card.sources[0].entry_id == turn.references[0].entry_id
        assert {"wait", "identify", "rewrite", "retrieve", "answer", "dedup", "total"} <= set(turn.timings)
        assert turn.timings["wait"] >= 1500
        assert (await cards.get(scene.app.db, card.id)).state == "posted"


async def test_out_of_scope_and_no_assistance_cost_no_answer(folder: Path) -> None:
    reasoner = ScriptedReasoner(scopes=deque(["out_of_scope", "no_assistance"]))
    async with staged(folder, reasoner) as scene:
        assert await ask(scene) == "out_of_scope"
        assert await ask(scene) == "no_assistance"
        assert scene.platform.posted == []


async def test_refused_uncited_and_falsely_cited_answers_are_not_shown(folder: Path) -> None:
    reasoner = ScriptedReasoner(
        scopes=deque(["within_scope"] * 3), answers=deque(["", "Just set it.", "Set it <doc_77>."])
    )
    async with staged(folder, reasoner) as scene:
        assert [await ask(scene) for _ in range(3)] == ["refused"] * 3
        assert [turn.reason for turn in await scene.turns()] == [
            "the references found do not answer the question",
            "the proposed answer cited no reference, so it was withheld",
            "the proposed answer cited reference 77, which does not exist, so it was withheld",
        ]
        assert scene.platform.posted == []


async def test_the_same_answer_is_not_given_twice_in_a_session(folder: Path) -> None:
    reasoner = ScriptedReasoner(
        scopes=deque(["within_scope"] * 3), answers=deque([CITED, CITED, "Run vigilbot doctor to find it <doc_1>."])
    )
    async with staged(folder, reasoner) as scene:
        assert [await ask(scene, f"{PORT} ({n})") for n in range(3)] == ["answered", "duplicate", "answered"]
        assert len(scene.platform.posted) == 2


async def test_what_fails_is_stored_as_failed_and_the_next_turn_works(folder: Path) -> None:
    reasoner = ScriptedReasoner(
        scopes=deque([ModelUnavailable("the model does not answer"), ValueError("a bug"), "within_scope"]),
        answers=deque([CITED]),
    )
    async with staged(folder, reasoner) as scene:
        assert [await ask(scene, f"{n}? {PORT}") for n in range(3)] == ["failed", "failed", "answered"]
        reasons = [turn.reason for turn in await scene.turns()]
        assert reasons[0] == "the model does not answer"
        assert "ValueError" in reasons[1]


async def test_a_rewriting_that_fails_fails_the_turn(folder: Path) -> None:
    reasoner = ScriptedReasoner(
        scopes=deque(["within_scope"]), questions=deque([ModelUnavailable("rewriting does not answer")])
    )
    async with staged(folder, reasoner) as scene:
        assert await ask(scene) == "failed"


async def test_the_analyst_who_answers_while_the_bot_thinks_wins(folder: Path) -> None:
    reasoner = ScriptedReasoner(scopes=deque(["within_scope"]), answers=deque([CITED]), gate=asyncio.Event())
    async with staged(folder, reasoner, quiet_window=0) as scene:
        await thinking(scene, reasoner)
        await scene.say("analyst", "Set VIGIL_PORT to 9000 and restart it.", author="ann")
        assert await settled(scene, reasoner) == ("overtaken", "ann answered first")
        assert scene.platform.posted == []


async def test_a_promise_to_look_does_not_silence_the_bot(folder: Path) -> None:
    reasoner = ScriptedReasoner(scopes=deque(["within_scope"]), answers=deque([CITED]), gate=asyncio.Event())
    async with staged(folder, reasoner, quiet_window=0) as scene:
        await thinking(scene, reasoner)
        await scene.say("analyst", "good question, let me check", author="ann")
        assert (await settled(scene, reasoner))[0] == "answered"


@pytest.mark.parametrize("command", ["mute", "close"])
async def test_muting_or_closing_meanwhile_silences_it(folder: Path, command: Command) -> None:
    reasoner = ScriptedReasoner(scopes=deque(["within_scope"]), answers=deque([CITED]), gate=asyncio.Event())
    async with staged(folder, reasoner, quiet_window=0) as scene:
        await thinking(scene, reasoner)
        event = CommandGiven("command", PLACE, command, "ann", "analyst", scene.clock.now())
        await scene.app.intake.receive(event)
        assert (await settled(scene, reasoner))[0] == "overtaken"


async def test_a_message_edited_while_being_answered_is_answered_as_it_reads_now(folder: Path) -> None:
    reasoner = ScriptedReasoner(
        scopes=deque(["within_scope"] * 2), answers=deque([CITED, "Set VIGIL_HOST <doc_1>."]), gate=asyncio.Event()
    )
    async with staged(folder, reasoner, quiet_window=0) as scene:
        message_id = await thinking(scene, reasoner)
        now = scene.clock.now()
        await scene.app.intake.receive(MessageEdited("edit", PLACE, message_id, "How do I change the host?", now))
        assert (await settled(scene, reasoner))[0] == "answered"
        assert [dialogue.turn_text for dialogue in reasoner.seen] == [PORT, "How do I change the host?"]
        assert [card.parts[0].text for card in scene.platform.posted] == ["Set VIGIL_HOST [1]."]


async def test_a_message_deleted_while_being_answered_gets_no_card(folder: Path) -> None:
    reasoner = ScriptedReasoner(scopes=deque(["within_scope"]), answers=deque([CITED]), gate=asyncio.Event())
    async with staged(folder, reasoner, quiet_window=0) as scene:
        message_id = await thinking(scene, reasoner)
        await scene.app.intake.receive(MessageDeleted("delete", PLACE, message_id, scene.clock.now()))
        assert await settled(scene, reasoner) == ("no_assistance", "the customer deleted the message")


async def test_a_message_that_joins_a_burst_as_that_ends_is_answered_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was being stored when the burst came to its limit, so the turn was read without it."""
    reasoner = ScriptedReasoner(scopes=deque(["within_scope"] * 2), answers=deque([CITED] * 2), gate=asyncio.Event())
    being_stored, may_be_stored, real = asyncio.Event(), asyncio.Event(), sessions.add_message

    async def slow(tx: aiosqlite.Connection, message: Message, turn_id: str | None) -> bool:
        if message.text == "and the host?":
            being_stored.set()
            await may_be_stored.wait()
        return await real(tx, message, turn_id)

    monkeypatch.setattr(sessions, "add_message", slow)
    async with staged(folder, reasoner) as scene:
        await scene.say("analyst", "hi, let me look")
        for text in (PORT, "it", "is", "urgent", "really"):
            await scene.say("customer", text)
            await scene.passes(1)
        await scene.say("customer", "and the host?")
        await being_stored.wait()
        scene.clock.advance_to(scene.clock.now() + 2)
        await asyncio.wait_for(reasoner.answering.wait(), 10)
        may_be_stored.set()
        assert (await settled(scene, reasoner))[0] == "answered"
        assert [dialogue.turn_messages[-1].text for dialogue in reasoner.seen] == ["really", "and the host?"]
        assert len(await scene.turns()) == len(scene.platform.posted) == 1


async def test_a_card_is_posted_though_its_analysts_cannot_be_asked_about_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(suggestions, "of_turn", broken)
    reasoner = ScriptedReasoner(scopes=deque(["within_scope"]), answers=deque([CITED]))
    async with staged(folder, reasoner) as scene:
        assert await ask(scene) == "answered"
        assert len(scene.platform.posted) == 1


async def test_several_questions_are_answered_or_refused_on_one_card(folder: Path) -> None:
    both = Answer((AnswerPart("Port?", CITED), AnswerPart("Colour?", "Blue, I guess.")), "scripted")
    reasoner = ScriptedReasoner(
        scopes=deque(["within_scope"]),
        questions=deque([Question("Both?", ("Port?", "Colour?"))]),
        answers=deque([both]),
    )
    async with staged(folder, reasoner) as scene:
        assert await ask(scene) == "answered"
        [card] = scene.platform.posted
        assert [(part.question, part.refused) for part in card.parts] == [("Port?", False), ("Colour?", True)]


async def thinking(scene: Scene, reasoner: ScriptedReasoner) -> str:
    """A question is asked; returns its message's id when the reasoner is at work on the answer."""
    await scene.say("analyst", "hi, let me look")
    message_id = await scene.say("customer", PORT)
    await asyncio.wait_for(reasoner.answering.wait(), 10)
    return message_id


async def settled(scene: Scene, reasoner: ScriptedReasoner) -> tuple[str, str]:
    """Let the reasoner finish once what was said meanwhile has taken effect; outcome and reason of the last turn."""
    async with asyncio.timeout(10):
        while await inbox.unfinished(scene.app.db):  # noqa: ASYNC110  # what has taken effect tells nobody
            await asyncio.sleep(0.01)
    assert reasoner.gate is not None
    reasoner.gate.set()
    await scene.passes()
    turn = (await scene.turns())[-1]
    return str(turn.outcome), turn.reason
