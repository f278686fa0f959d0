"""The three thinking tasks through real litellm against a real endpoint, when the model behaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reasoning.prompted.conftest import calls, dialogue, says
from vigilbot.models import Question, Reference

if TYPE_CHECKING:
    from tests.reasoning.prompted.conftest import Thinking
    from tests.standins.aimock import Aimock
    from vigilbot.models import Scope
    from vigilbot.storage.database import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")

TURN = dialogue(
    "it stops at 40% with E1203",
    history=(("customer", "I restore a disk with 4.2"), ("analyst", "hello, what happens?")),
)
REFERENCES = (
    Reference("e1", 1, "document", "Restoring", "E1203: the archive is on a full disk. Free some space.", "docs", 0.9),
    Reference("e2", 1, "qa", "", "Yes, with acme move.", "docs", 0.8, question="Can an archive be moved?"),
)


@pytest.mark.parametrize("scope", ["within_scope", "out_of_scope", "no_assistance"])
async def test_identify_returns_the_scope_and_its_reason(llm: Aimock, thinking: Thinking, scope: Scope) -> None:
    await llm.replace([says("identify", {"reasoning": "A symptom\nasks for help.", "scope": scope})])
    async with thinking() as reasoner:
        found = await reasoner.identify(TURN)
    assert (found.scope, found.reason) == (scope, "A symptom asks for help.")


async def test_identify_shows_scope_dialogue_and_turn_and_asks_for_json(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([says("identify", {"reasoning": "r", "scope": "within_scope"})])
    async with thinking() as reasoner:
        await reasoner.identify(TURN)
    (request,) = await llm.requests()
    system, user = (message["content"] for message in request["messages"])
    assert "<scope>\nAcme Backup\n</scope>" in system
    before, turn = user.split("<turn>")
    assert '<message role="analyst" author="analyst">hello, what happens?</message>' in before
    assert '<message role="customer" author="customer">it stops at 40% with E1203</message>' in turn
    shape = request["response_format"]["json_schema"]
    assert (shape["name"], shape["strict"]) == ("identify", True)
    assert list(shape["schema"]["properties"]) == ["reasoning", "scope"]
    assert request["temperature"] == 0


async def test_rewrite_with_sub_questions(llm: Aimock, thinking: Thinking) -> None:
    parts = ["How is E1203 solved?", "Can an archive be moved?"]
    await llm.replace([says("rewrite", {"reasoning": "two", "question": "Both?", "sub_questions": parts})])
    async with thinking() as reasoner:
        assert await reasoner.rewrite(TURN) == Question("Both?", tuple(parts))


@pytest.mark.parametrize("parts", [[], ["How is E1203 solved?"], ["Same?", "Same?"]])
async def test_rewrite_of_one_thing_has_no_sub_questions(llm: Aimock, thinking: Thinking, parts: list[str]) -> None:
    await llm.replace([says("rewrite", {"reasoning": "", "question": "How is E1203 solved?", "sub_questions": parts})])
    async with thinking() as reasoner:
        assert await reasoner.rewrite(TURN) == Question("How is E1203 solved?")


async def test_answer_cites_and_refuses_part_by_part(llm: Aimock, thinking: Thinking) -> None:
    question = Question("All?", ("How is E1203 solved?", "Is there an app?", "Can an archive be moved?"))
    answers = [
        {"question": 3, "refused": False, "text": "Yes, with acme move [doc_2]."},
        {"question": 1, "refused": False, "text": "Free some space <doc_1>."},
    ]
    await llm.replace([says("answer", {"reasoning": "1 and 3 fit", "answers": answers})])
    async with thinking() as reasoner:
        answer = await reasoner.answer(question, REFERENCES, TURN)
    assert [(part.question, part.text, part.refused) for part in answer.parts] == [
        ("How is E1203 solved?", "Free some space <doc_1>.", False),
        ("Is there an app?", "", True),
        ("Can an archive be moved?", "Yes, with acme move <doc_2>.", False),
    ]
    assert (answer.reasoner, answer.refused) == ("openai/x", False)
    (request,) = await llm.requests()
    user = request["messages"][1]["content"]
    assert '<doc_1 title="Restoring">\nE1203: the archive is on a full disk. Free some space.\n</doc_1>' in user
    assert '<doc_2 title="">\nQuestion: Can an archive be moved?\nAnswer:\nYes, with acme move.\n</doc_2>' in user
    assert "<question_2>Is there an app?</question_2>" in user


@pytest.mark.parametrize("item", [{"refused": True, "text": "I do not know"}, {"refused": False, "text": "  "}])
async def test_answer_refused(llm: Aimock, thinking: Thinking, item: dict[str, object]) -> None:
    await llm.replace([says("answer", {"reasoning": "none fits", "answers": [{"question": 1, **item}]})])
    async with thinking() as reasoner:
        answer = await reasoner.answer(Question("How is E1203 solved?"), REFERENCES, TURN)
    assert answer.refused
    assert [part.text for part in answer.parts] == [""]


async def test_without_references_nothing_is_asked(llm: Aimock, thinking: Thinking) -> None:
    async with thinking() as reasoner:
        answer = await reasoner.answer(Question("a?", ("b?", "c?")), (), TURN)
    assert [part.refused for part in answer.parts] == [True, True]
    assert await llm.requests() == []


async def test_each_task_asks_its_own_model(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace(
        [
            says("identify", {"reasoning": "", "scope": "within_scope"}),
            says("rewrite", {"reasoning": "", "question": "q", "sub_questions": []}),
        ]
    )
    async with thinking(model_identify="openai/small") as reasoner:
        await reasoner.identify(TURN)
        await reasoner.rewrite(TURN)
        assert reasoner.name == "openai/x"
    assert [request["model"] for request in await llm.requests()] == ["small", "x"]


async def test_every_call_is_accounted(llm: Aimock, thinking: Thinking, accounts: Database) -> None:
    usage = {"prompt_tokens": 400, "completion_tokens": 20, "total_tokens": 420}
    await llm.replace([says("identify", {"reasoning": "", "scope": "within_scope"}, usage=usage)])
    async with thinking(model="gpt-4o") as reasoner:
        await reasoner.identify(TURN)
    (call,) = await calls(accounts)
    assert (call["turn_id"], call["task"], call["model"], call["error"]) == ("t1", "identify", "gpt-4o", "")
    assert (call["prompt_tokens"], call["completion_tokens"]) == (400, 20)
    assert call["cost_usd"] > 0
    assert call["output"] == '{"reasoning":"","scope":"within_scope"}'
    assert 0 < call["duration_ms"] < 10_000
