"""Triage through real litellm against a real endpoint: only categories that exist, only words somebody wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reasoning.prompted.conftest import calls, dialogue, says, then
from vigilbot.errors import ModelUnavailable, OutputUnreadable
from vigilbot.models import OTHER, Category

if TYPE_CHECKING:
    from tests.reasoning.prompted.conftest import Json, Thinking
    from tests.standins.aimock import Aimock
    from vigilbot.storage.database import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")

MENU = (
    Category("outage", 2, "The service does not work.", ("It is down.",), ("What if it goes down?",)),
    Category(OTHER, 0, "Everything else."),
)
THREAD = dialogue(
    "ok. since 9:10  nobody here can log in, all get “503”",
    history=(("customer", "how do I add a user?"), ("analyst", "Under Team."), ("bot", "Everything is on fire.")),
)
QUOTE = "nobody here can log in"


def graded(category: object, *evidence: object) -> Json:
    return {"reasoning": "Log-in fails.\nAll are hit.", "category": category, "evidence": list(evidence)}


async def test_a_category_with_its_evidence(llm: Aimock, thinking: Thinking, accounts: Database) -> None:
    await llm.replace([says("triage", graded("outage", QUOTE))])
    async with thinking(model_triage="openai/large") as reasoner:
        found = await reasoner.triage(THREAD, MENU)
    assert (found.category, found.evidence, found.reason) == ("outage", (QUOTE,), "Log-in fails. All are hit.")
    [request] = await llm.requests()
    system, user = (message["content"] for message in request["messages"])
    assert '"outage" (gravity 2): The service does not work.' in system
    assert "- is none, though it sounds like one: What if it goes down?" in system
    assert QUOTE in user
    schema = request["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]) == ["reasoning", "category", "evidence"]
    assert schema["properties"]["category"]["enum"] == ["outage", OTHER]
    [call] = await calls(accounts)
    assert (call["turn_id"], call["task"], call["model"]) == ("s1", "triage", "openai/large")


@pytest.mark.parametrize(
    ("quote", "written"),
    [
        ("SINCE 9:10 nobody\nhere", "since 9:10  nobody here"),
        ("“nobody here can log in…”", QUOTE),
        ("Under Team.", "Under Team."),
    ],
)
async def test_blanks_case_and_marks_around_a_quote_may_differ(
    llm: Aimock, thinking: Thinking, quote: str, written: str
) -> None:
    await llm.replace([says("triage", graded("Outage", quote))])
    async with thinking() as reasoner:
        found = await reasoner.triage(THREAD, MENU)
    assert (found.category, found.evidence) == ("outage", (written,))


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (graded("outage", "the whole city is dark"), "is not in the dialogue"),
        (graded("outage", QUOTE, "the whole city is dark"), "is not in the dialogue"),
        (graded("outage", "Everything is on fire"), "is not in the dialogue"),
        (graded("outage", "Under Team. ok. since"), "is not in the dialogue"),
        (graded("outage", "ok"), "is not in the dialogue"),
        (graded("outage"), "no evidence was given"),
        (graded("catastrophe", QUOTE), "does not exist"),
        (graded("", QUOTE), "does not exist"),
    ],
)
async def test_what_breaks_the_rules_is_undecided(llm: Aimock, thinking: Thinking, reply: Json, why: str) -> None:
    await llm.replace([says("triage", reply)])
    async with thinking() as reasoner:
        found = await reasoner.triage(THREAD, MENU)
    assert (found.category, found.evidence) == (None, ())
    assert why in found.reason
    assert len(await llm.requests()) == 1


async def test_other_needs_no_evidence(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([says("triage", graded("other", "invented"))])
    async with thinking() as reasoner:
        found = await reasoner.triage(THREAD, MENU)
    assert (found.category, found.evidence) == (OTHER, ())


async def test_a_malformed_reply_is_asked_again_once(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace(then("triage", "it is an outage", graded("outage", QUOTE)))
    async with thinking() as reasoner:
        assert (await reasoner.triage(THREAD, MENU)).category == "outage"
    await llm.replace([says("triage", {"category": "outage", "evidence": "x"})])
    async with thinking() as reasoner:
        with pytest.raises(OutputUnreadable):
            await reasoner.triage(THREAD, MENU)


async def test_a_silent_endpoint_is_not_waited_for(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([{**says("triage", graded("outage", QUOTE)), "latency": 5_000, "chunkSize": 1}])
    await llm.chaos(drop=1.0)
    async with thinking(model_timeout=1, model_attempts=1) as reasoner:
        with pytest.raises(ModelUnavailable):
            await reasoner.triage(THREAD, MENU)


async def test_a_problem_and_a_joint_one(llm: Aimock, thinking: Thinking) -> None:
    said = {"reasoning": "r", "statement": "Log-in fails with 503 since 9:10."}
    joint = {"reasoning": "r", "statement": "Log-in and sign-up fail with 503."}
    await llm.replace([says("problem", said), says("joint_problem", joint)])
    async with thinking() as reasoner:
        assert await reasoner.problem(THREAD) == said["statement"]
        assert await reasoner.joint_problem(["Log-in fails.", "Sign-up fails."]) == joint["statement"]
    [_, request] = await llm.requests()
    assert '<statement ticket="2">Sign-up fails.</statement>' in request["messages"][1]["content"]


@pytest.mark.parametrize(
    ("verdict", "same"), [("same", True), ("Different", False), ("unclear", None), ("perhaps", None)]
)
async def test_a_comparison_off_the_menu_is_undecided(
    llm: Aimock, thinking: Thinking, verdict: str, same: bool | None
) -> None:
    await llm.replace([says("same_problem", {"reasoning": "Both fail.", "verdict": verdict})])
    async with thinking() as reasoner:
        found = await reasoner.same_problem("Log-in fails.", "Sign-in fails.")
    assert (found.same, found.reason) == (same, "Both fail.")


async def test_an_argument_for_a_category_is_sampled_and_held_to_what_was_written(
    llm: Aimock, thinking: Thinking
) -> None:
    argument = {"reasoning": "Log-in fails.\nAll are hit.", "evidence": [QUOTE]}
    await llm.replace([says("argue", argument)])
    async with thinking() as reasoner:
        found = await reasoner.argue(THREAD, MENU, "outage")
        harmless = await reasoner.argue(THREAD, MENU, OTHER)
    assert (found.category, found.evidence, found.reason) == ("outage", (QUOTE,), "Log-in fails. All are hit.")
    assert (harmless.category, harmless.evidence) == (OTHER, ())
    request = (await llm.requests())[0]
    assert 'The category: "outage"' in request["messages"][1]["content"]
    assert '"outage" (gravity 2): The service does not work.' in request["messages"][0]["content"]
    assert request["temperature"] > 0


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ({"reasoning": "All is dark.", "evidence": ["the whole city is dark"]}, "is not in the dialogue"),
        ({"reasoning": "All is dark.", "evidence": []}, "no evidence was given"),
        ({"reasoning": " ", "evidence": [QUOTE]}, "nothing speaks for outage"),
    ],
)
async def test_an_argument_without_proof_is_none(llm: Aimock, thinking: Thinking, argument: Json, why: str) -> None:
    await llm.replace([says("argue", argument)])
    async with thinking() as reasoner:
        found = await reasoner.argue(THREAD, MENU, "outage")
    assert found.category is None
    assert why in found.reason
