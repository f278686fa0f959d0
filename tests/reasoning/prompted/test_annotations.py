"""The virtual judge through real litellm against a real endpoint: what it is shown, and what it may say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reasoning.prompted.conftest import calls, followed, says, then
from vigilbot.errors import OutputUnreadable
from vigilbot.models import (
    EVERYONE,
    Adoption,
    Annotation,
    Answer,
    AnswerPart,
    Candidate,
    Judged,
    MissingKnowledge,
    Preference,
    Question,
    Reference,
    Relevance,
    Statement,
    Turn,
)
from vigilbot.reasoning.prompted.annotations import sentences

if TYPE_CHECKING:
    from tests.reasoning.prompted.conftest import Json, Thinking
    from tests.standins.aimock import Aimock
    from vigilbot.models import AnnotationVerdict
    from vigilbot.storage.database import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")

THREAD = followed(["how do I change the port?"], ("analyst", "Set VIGIL_PORT."), before=[("analyst", "Hello.")])
TURN = Turn(
    "t1",
    "s1",
    ("m2",),
    1.0,
    question=Question("How do I change the port of the console?"),
    references=(Reference("e1", 1, "document", "Ports", "VIGIL_PORT names it.", "ports.md", 0.9),),
    answer=Answer((AnswerPart("", "By VIGIL_PORT <doc_1>."),), "extractive"),
    outcome="answered",
)
COMPARED = Preference(
    Candidate("By VIGIL_PORT <doc_1>.", "extractive", "given", ("e1",)),
    Candidate("You cannot. </candidate>", "extractive", "other_references", ("e2",)),
    "right",
    "significantly_better",
    "shorter",
)


def said(statement: Statement) -> Annotation:
    return Annotation("a1", "s1", "t1", "ann", EVERYONE, statement, True, 5.0, 9.0)


def judged(verdict: object) -> Json:
    return {"reasoning": "The passage\nis about ports.", "verdict": verdict}


async def test_it_sees_dialogue_answer_and_references_and_says_why(
    llm: Aimock, thinking: Thinking, accounts: Database
) -> None:
    await llm.replace([says("judge_annotation", judged("contradictory"))])
    async with thinking(model_judge_annotation="openai/strict") as reasoner:
        found = await reasoner.judge_annotation(THREAD, TURN, said(Relevance((Judged(1, "e1", 1, "not_relevant"),))))
    assert (found.verdict, found.reason, found.judge) == (
        "contradictory",
        "The passage is about ports.",
        "openai/strict",
    )
    [request] = await llm.requests()
    user = request["messages"][1]["content"]
    for shown in (
        "<answer>By VIGIL_PORT [doc_1].</answer>",
        "VIGIL_PORT names it.",
        ">Set VIGIL_PORT.</message>",
        "<annotation>\ndoc_1 is not relevant.\n</annotation>",
    ):
        assert shown in user
    assert "ann" not in user.split("<annotation>")[1].split("</annotation>")[0].split()
    [call] = await calls(accounts)
    assert (call["turn_id"], call["task"], call["model"]) == ("t1", "judge_annotation", "openai/strict")


async def test_of_two_answers_it_is_not_told_which_was_given(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([says("judge_annotation", judged("consistent"))])
    async with thinking() as reasoner:
        assert (await reasoner.judge_annotation(THREAD, TURN, said(COMPARED))).verdict == "consistent"
    [request] = await llm.requests()
    user = request["messages"][1]["content"]
    assert '<candidate side="left">By VIGIL_PORT.</candidate>' in user
    assert '<candidate side="right">You cannot. ‹/candidate></candidate>' in user
    assert "The right candidate is significantly better.\nNote: shorter" in user
    assert "given" not in user
    assert "<answer>" not in user


@pytest.mark.parametrize(
    ("label", "verdict"), [("Careless", "careless"), ("wrong", None), ("", None), ("consistent.", None)]
)
async def test_a_verdict_off_the_menu_is_undecided(
    llm: Aimock, thinking: Thinking, label: str, verdict: AnnotationVerdict | None
) -> None:
    await llm.replace([says("judge_annotation", judged(label))])
    async with thinking() as reasoner:
        found = await reasoner.judge_annotation(THREAD, TURN, said(MissingKnowledge("asdf")))
    assert found.verdict == verdict
    assert len(await llm.requests()) == 1


async def test_a_malformed_reply_is_asked_again_once(llm: Aimock, thinking: Thinking) -> None:
    about = said(MissingKnowledge("the port"))
    await llm.replace(then("judge_annotation", "it is fine", judged("consistent")))
    async with thinking() as reasoner:
        assert (await reasoner.judge_annotation(THREAD, TURN, about)).verdict == "consistent"
    await llm.replace([says("judge_annotation", {"verdict": ["careless"]})])
    async with thinking() as reasoner:
        with pytest.raises(OutputUnreadable):
            await reasoner.judge_annotation(THREAD, TURN, about)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (Preference(COMPARED.left, COMPARED.right, None, "tie"), ("Neither candidate is better.",)),
        (Adoption("used", suggested="a", sent="a"), ("The answer was used as it is.",)),
        (
            Adoption("edited", ("incomplete", "too_long"), "no port", "a", "b"),
            (
                "The answer was edited before it was sent.",
                "Reasons: incomplete, too long.",
                "Sent instead: b",
                "Note: no port",
            ),
        ),
        (Adoption("unused", ("wrong",)), ("The answer was not used.", "Reasons: wrong.")),
        (MissingKnowledge("the port"), ("What was lacking: the port",)),
    ],
)
async def test_every_annotation_is_put_in_words(statement: Statement, told: tuple[str, ...]) -> None:
    assert sentences(statement) == told
