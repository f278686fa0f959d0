"""A card that is taken back before anybody has seen it leaves nobody without an answer who would have got the same."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from tests.fakes import ScriptedReasoner
from tests.scene import PLACE, Scene, staged
from vigilbot.chat.base import MessageDeleted
from vigilbot.errors import ChatError
from vigilbot.pipeline.dedup import dedup

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from vigilbot.pipeline.draft import Draft

PORT = "How do I change the port of the console?"
AGAIN = "Which setting changes the console's port?"
CITED = "Set VIGIL_PORT <doc_1>."


def thinking_of(turns: int) -> ScriptedReasoner:
    return ScriptedReasoner(scopes=deque(["within_scope"] * turns), answers=deque([CITED] * turns))


async def asked_twice(scene: Scene, *, addressed: bool = False) -> str:
    """While Slack takes no post, two customers ask the same; returns the id of the first one's message."""
    scene.platform.failures.extend([ChatError("Slack said 503")] * 1000)
    await scene.say("analyst", "hi, let me look")
    first = await scene.say("customer", PORT, "cleo")
    await scene.passes(5)
    await scene.say("customer", AGAIN, "carl", addressed=addressed)
    await scene.passes(5)
    assert [turn.outcome for turn in await scene.turns()] == ["answered", "duplicate"]
    return first


async def deleted(scene: Scene, message_id: str) -> None:
    await scene.app.intake.receive(MessageDeleted("delete", PLACE, message_id, scene.clock.now()))
    await scene.app.activity.quiet()


async def slack_is_back(scene: Scene) -> None:
    scene.platform.failures.clear()
    await scene.passes(120)


async def test_the_same_question_is_answered_when_the_card_that_stood_for_it_is_taken_back(folder: Path) -> None:
    async with staged(folder, thinking_of(3)) as scene:
        first = await asked_twice(scene, addressed=True)
        await deleted(scene, first)
        await slack_is_back(scene)
        before, after = await scene.turns()
        assert (before.outcome, after.outcome) == ("overtaken", "answered")
        assert [card.turn_id for card in scene.platform.posted] == [after.id]
        assert scene.platform.notices == []  # least of all that the same stood above


async def test_what_a_card_that_stands_has_answered_stays_a_duplicate(folder: Path) -> None:
    async with staged(folder, thinking_of(2)) as scene:
        await asked_twice(scene)
        await slack_is_back(scene)
        assert [turn.outcome for turn in await scene.turns()] == ["answered", "duplicate"]
        assert len(scene.platform.posted) == 1


async def test_an_analyst_who_has_answered_meanwhile_has_answered_both(folder: Path) -> None:
    async with staged(folder, thinking_of(2)) as scene:
        await asked_twice(scene)
        await scene.say("analyst", "Set VIGIL_PORT in the .env file and start it again.")
        await slack_is_back(scene)
        assert [turn.outcome for turn in await scene.turns()] == ["overtaken", "duplicate"]
        assert scene.platform.posted == []


async def test_nobody_is_answered_when_it_is_too_late_for_both(folder: Path) -> None:
    async with staged(folder, thinking_of(2), answer_within=5) as scene:
        await asked_twice(scene)
        scene.clock.advance_to(scene.clock.now() + 400)
        await slack_is_back(scene)
        assert [turn.outcome for turn in await scene.turns()] == ["overtaken", "duplicate"]
        assert scene.platform.posted == []


async def test_a_question_still_answers_for_itself_when_only_the_first_one_is_too_old(folder: Path) -> None:
    async with staged(folder, thinking_of(3), answer_within=5) as scene:
        scene.platform.failures.extend([ChatError("Slack said 503")] * 1000)
        await scene.say("analyst", "hi, let me look")
        await scene.say("customer", PORT, "cleo")
        await scene.passes(200)
        await scene.say("customer", AGAIN, "carl")
        await scene.passes(150)  # now the first is 350 seconds old, and its card is taken back
        await slack_is_back(scene)
        before, after = await scene.turns()
        assert (before.outcome, after.outcome) == ("overtaken", "answered")
        assert [card.turn_id for card in scene.platform.posted] == [after.id]


async def test_a_card_taken_back_while_another_turn_is_found_to_repeat_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, may_end = asyncio.Event(), asyncio.Event()

    async def slow(draft: Draft, *more: object) -> Draft:
        draft = await dedup(draft, *more)  # type: ignore[arg-type]  # passed on as given
        if draft.ended and not found.is_set():
            found.set()
            await may_end.wait()
        return draft

    monkeypatch.setattr("vigilbot.pipeline.respond.dedup", slow)
    async with staged(folder, thinking_of(3)) as scene:
        scene.platform.failures.extend([ChatError("Slack said 503")] * 1000)
        await scene.say("analyst", "hi, let me look")
        first = await scene.say("customer", PORT, "cleo")
        await scene.passes(5)
        await scene.say("customer", AGAIN, "carl")
        passing = asyncio.create_task(scene.passes(5))
        await asyncio.wait_for(found.wait(), 30)
        await scene.app.intake.receive(MessageDeleted("delete", PLACE, first, scene.clock.now()))
        while (await scene.turns())[0].outcome != "overtaken":
            scene.clock.advance_to(scene.clock.now() + 10)
            await asyncio.sleep(0.01)
        may_end.set()
        await passing
        await slack_is_back(scene)
        assert [turn.outcome for turn in await scene.turns()] == ["overtaken", "answered"]


async def test_a_turn_that_was_opened_again_outlives_a_restart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with staged(folder, thinking_of(2)) as scene:
        first = await asked_twice(scene)
        await deleted(scene, first)
        monkeypatch.setattr(scene.app.intake, "take_up", lambda *_: None)  # the process dies here
        await slack_is_back(scene)
        assert [turn.outcome for turn in await scene.turns()] == ["overtaken", None]
    async with staged(folder, thinking_of(1)) as scene:
        await scene.app.intake.resume()
        await scene.passes(30)
        assert [turn.outcome for turn in await scene.turns()] == ["overtaken", "answered"]
