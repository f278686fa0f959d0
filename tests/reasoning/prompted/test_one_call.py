"""VIGIL_ONE_CALL: identify and rewrite share one call, whichever comes first, and nobody cancels it for the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.reasoning.prompted.conftest import Json, calls, dialogue, says, then
from vigilbot.errors import ModelUnavailable, OutputUnreadable
from vigilbot.models import Question

if TYPE_CHECKING:
    from tests.reasoning.prompted.conftest import Thinking
    from tests.standins.aimock import Aimock
    from vigilbot.models import Scope
    from vigilbot.storage.database import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")

TURN = dialogue("and on Windows?", history=(("customer", "how do I restore?"), ("analyst", "hello")))


def understood(scope: str = "within_scope", question: str = "How to restore on Windows?", *parts: str) -> Json:
    return {"reasoning": "A follow-up.", "scope": scope, "question": question, "sub_questions": list(parts)}


async def test_both_steps_take_what_one_call_found(llm: Aimock, thinking: Thinking, accounts: Database) -> None:
    await llm.replace([says("understand", understood("within_scope", "Both?", "a?", "b?"))])
    async with thinking(one_call=True, model_rewrite="openai/strong") as reasoner:
        identified, question = await asyncio.gather(reasoner.identify(TURN), reasoner.rewrite(TURN))
    assert (identified.scope, identified.reason) == ("within_scope", "A follow-up.")
    assert question == Question("Both?", ("a?", "b?"))
    (call,) = await calls(accounts)
    assert (call["task"], call["model"]) == ("understand", "openai/strong")


async def test_one_after_the_other_is_one_call_too(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([says("understand", understood())])
    async with thinking(one_call=True) as reasoner:
        await reasoner.rewrite(TURN)
        await reasoner.identify(TURN)
    assert len(await llm.journal()) == 1


async def test_a_turn_that_runs_again_is_asked_again(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([says("understand", understood())])
    async with thinking(one_call=True) as reasoner:
        await reasoner.identify(TURN)
        await reasoner.identify(TURN)
        await reasoner.rewrite(dialogue("and on Windows 11?"))
    assert len(await llm.journal()) == 3


@pytest.mark.parametrize("scope", ["out_of_scope", "no_assistance"])
async def test_outside_the_scope_there_is_nothing_to_rewrite(llm: Aimock, thinking: Thinking, scope: Scope) -> None:
    await llm.replace([says("understand", understood(scope, ""))])
    async with thinking(one_call=True) as reasoner:
        identified, question = await asyncio.gather(reasoner.identify(TURN), reasoner.rewrite(TURN))
    assert identified.scope == scope
    assert question == Question("and on Windows?")


async def test_within_scope_a_question_is_owed(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace(then("understand", understood(question=" "), understood()))
    async with thinking(one_call=True) as reasoner:
        assert (await reasoner.rewrite(TURN)).text == "How to restore on Windows?"
    await llm.replace([says("understand", understood(question=""))])
    async with thinking(one_call=True) as reasoner:
        for step in (reasoner.identify, reasoner.rewrite):
            with pytest.raises(OutputUnreadable, match="question"):
                await step(TURN)
    assert len(await llm.journal()) == 2


async def test_who_leaves_does_not_take_the_call_along(llm: Aimock, thinking: Thinking, accounts: Database) -> None:
    await llm.replace([says("understand", understood())])
    await llm.chaos(latency_ms=1500)
    async with thinking(one_call=True) as reasoner:
        leaving = asyncio.create_task(reasoner.identify(TURN))
        await asyncio.sleep(0.1)
        staying = asyncio.create_task(reasoner.rewrite(TURN))
        await asyncio.sleep(0.1)
        leaving.cancel()
        assert (await staying).text == "How to restore on Windows?"
        assert leaving.cancelled()
    assert [call["error"] for call in await calls(accounts)] == [""]


async def test_when_both_leave_the_call_is_cancelled(llm: Aimock, thinking: Thinking, accounts: Database) -> None:
    await llm.replace([says("understand", understood())])
    await llm.chaos(latency_ms=3_000)
    async with thinking(one_call=True) as reasoner:
        waiting = [asyncio.create_task(step(TURN)) for step in (reasoner.identify, reasoner.rewrite)]
        await asyncio.sleep(0.3)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0.1)
        assert [call["error"] for call in await calls(accounts)] == ["cancelled"]


async def test_a_failure_is_told_to_both(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([says("understand", understood())])
    await llm.chaos(drop=1)
    async with thinking(one_call=True, model_attempts=1) as reasoner:
        told = await asyncio.gather(reasoner.identify(TURN), reasoner.rewrite(TURN), return_exceptions=True)
    assert [type(error) for error in told] == [ModelUnavailable, ModelUnavailable]
    assert len(await llm.journal()) == 1
