"""What a model may say wrong: garbage, wrong shapes, cut-off JSON, labels off the menu, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reasoning.prompted.conftest import calls, dialogue, says, then
from vigilbot.errors import OutputUnreadable
from vigilbot.models import Question, Reference

if TYPE_CHECKING:
    from tests.reasoning.prompted.conftest import Thinking
    from tests.standins.aimock import Aimock
    from vigilbot.storage.database import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")

TURN = dialogue("it stops with E1203")
REFERENCES = (Reference("e1", 1, "document", "Restoring", "E1203: free some space.", "docs", 0.9),)
GOOD = '{"reasoning": "a symptom", "scope": "within_scope"}'


@pytest.mark.parametrize(
    "bad",
    [
        "the scope is within_scope",
        "[1, 2]",
        '{"reasoning": "cut off, "scope": "within',
        '{"reasoning": "no scope"}',
        '{"reasoning": "", "scope": "WITHIN-ISH"}',
        '{"reasoning": "", "scope": ["within_scope"]}',
    ],
)
async def test_an_unreadable_reply_is_complained_of_once(
    llm: Aimock, thinking: Thinking, accounts: Database, bad: str
) -> None:
    await llm.replace(then("identify", bad, GOOD))
    async with thinking() as reasoner:
        assert (await reasoner.identify(TURN)).scope == "within_scope"
    first, second = (request["messages"][1]["content"] for request in await llm.requests())
    assert "previous reply" not in first
    assert "Your previous reply could not be used: the reply" in second
    bad_call, good_call = await calls(accounts)
    assert bad_call["output"] == bad
    assert bad_call["error"].startswith("the reply")
    assert (good_call["output"], good_call["error"]) == (GOOD, "")


@pytest.mark.parametrize("label", ["maybe", "within_scope or out_of_scope", ""])
async def test_a_label_off_the_menu_is_undecided_never_a_guess(llm: Aimock, thinking: Thinking, label: str) -> None:
    await llm.replace([says("identify", {"reasoning": "", "scope": label})])
    async with thinking() as reasoner:
        with pytest.raises(OutputUnreadable, match="scope"):
            await reasoner.identify(TURN)
    assert len(await llm.journal()) == 2


async def test_an_empty_question_is_unreadable(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([says("rewrite", {"reasoning": "", "question": "  ", "sub_questions": []})])
    async with thinking() as reasoner:
        with pytest.raises(OutputUnreadable, match="question"):
            await reasoner.rewrite(TURN)


async def test_an_answer_cut_off_in_mid_sentence_is_not_posted(llm: Aimock, thinking: Thinking) -> None:
    cut = '{"reasoning": "", "answers": [{"question": 1, "refused": false, "text": "Free space <doc_1>, but never dele'
    await llm.replace([says("answer", cut, finishReason="length")])
    async with thinking() as reasoner:
        with pytest.raises(OutputUnreadable, match="cut off"):
            await reasoner.answer(Question("How?"), REFERENCES, TURN)


async def test_what_was_cut_off_counts_as_refused_and_the_rest_stands(llm: Aimock, thinking: Thinking) -> None:
    cut = (
        '{"reasoning": "", "answers": [{"question": 1, "refused": false, "text": "Free space <doc_1>."},'
        ' {"question": 2, "refused": false, "text": "Then never dele'
    )
    await llm.replace([says("answer", cut, finishReason="length")])
    async with thinking() as reasoner:
        answer = await reasoner.answer(Question("Both?", ("How?", "And then?")), REFERENCES, TURN)
    assert [(part.text, part.refused) for part in answer.parts] == [("Free space <doc_1>.", False), ("", True)]


async def test_answers_to_nothing_asked_are_unreadable(llm: Aimock, thinking: Thinking) -> None:
    item = {"question": 7, "refused": False, "text": "Free space <doc_1>."}
    await llm.replace([says("answer", {"reasoning": "", "answers": [item]})])
    async with thinking() as reasoner:
        with pytest.raises(OutputUnreadable, match="number the questions from 1 to 1"):
            await reasoner.answer(Question("How?"), REFERENCES, TURN)


@pytest.mark.parametrize(
    ("text", "finish"), [("I'm sorry, I can't help with that.", "stop"), ("I can", "content_filter")]
)
async def test_a_model_that_declines_has_refused_every_part(
    llm: Aimock, thinking: Thinking, text: str, finish: str
) -> None:
    await llm.replace([says("answer", text, finishReason=finish)])
    async with thinking() as reasoner:
        answer = await reasoner.answer(Question("Both?", ("How?", "And then?")), REFERENCES, TURN)
    assert [part.refused for part in answer.parts] == [True, True]
    assert len(await llm.journal()) == 1


async def test_a_model_that_declines_to_judge_leaves_it_undecided(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([says("identify", "I can't help with that.")])
    async with thinking() as reasoner:
        with pytest.raises(OutputUnreadable, match="declined"):
            await reasoner.identify(TURN)
    assert len(await llm.journal()) == 1


async def test_a_long_reply_is_kept_in_part(llm: Aimock, thinking: Thinking, accounts: Database) -> None:
    await llm.replace([says("identify", "word " * 20_000)])
    async with thinking() as reasoner:
        with pytest.raises(OutputUnreadable):
            await reasoner.identify(TURN)
    assert {len(call["output"]) for call in await calls(accounts)} == {4_000}
