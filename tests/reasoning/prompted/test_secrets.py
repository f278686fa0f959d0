"""No secret reaches a model, whatever carries it into a prompt, and none comes back from it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.canaries import canaries, found
from tests.reasoning.prompted.conftest import ASKS, calls, dialogue, followed, says
from vigilbot import config
from vigilbot.models import (
    EVERYONE,
    Annotation,
    Answer,
    AnswerPart,
    Candidate,
    Category,
    Finding,
    Preference,
    Question,
    Reference,
    Tool,
    ToolArgument,
    Turn,
)
from vigilbot.reasoning.prompted import prompts
from vigilbot.reasoning.prompted.grading import PromptedGrader
from vigilbot.reasoning.prompted.transcript import clipped, clipped_words
from vigilbot.reasoning.quotes import verbatim
from vigilbot.storage.calls import CallLog

if TYPE_CHECKING:
    from tests.reasoning.prompted.conftest import Json, Thinking
    from tests.standins.aimock import Aimock
    from vigilbot.storage.database import Database

PLACES = (
    *("turn", "history", "author", "question", "title", "entry", "asked", "finding", "purpose", "answer", "page"),
    *("statement", "known", "candidate", "note", "gold", "scope"),
)
PERSONAL = "Ask mara.holm@initech.se, 198.41.0.4, about error 0x80070005 of request 7f3a-91 on 4.2.1."


def planted(place: str) -> str:
    return f"The {place} says {canaries(place).text} and {PERSONAL}"


REFERENCE = Reference("e1", 1, "qa", planted("title"), planted("entry"), "docs", 0.9, question=planted("asked"))
CATEGORY = Category("outage", 5, "nothing works")
TOOL = Tool("s.t", planted("purpose"), (ToolArgument("x", "text matching .+@.+", optional=False),))
THREAD = replace(
    dialogue(planted("turn"), history=(("analyst", planted("history")),), scope=planted("scope")), turn_id="t1"
)
TURN = Turn(
    *("t1", "s1", ("m1",), 1.0),
    question=Question(planted("question")),
    references=(REFERENCE,),
    answer=Answer((AnswerPart("", f"{planted('answer')} <doc_1>."),), "m"),
)
COMPARED = Preference(
    Candidate(planted("candidate"), "m", "given", ("e1",)),
    Candidate("You cannot.", "m", "other_references", ("e2",)),
    *("right", "significantly_better", planted("note")),
)
REPLIES: dict[str, Json] = {
    "identify": {"scope": "within_scope"},
    "rewrite": {"question": "q", "sub_questions": []},
    "choose_tools": {"calls": []},
    "answer": {"answers": [{"question": 1, "refused": False, "text": "So <doc_1>."}]},
    "extract": {"messages": [], "question": "", "answer": ""},
    "review": {"messages": [], "verdict": "keep", "misleading": [], "question": "", "answer": ""},
    "judge_page": {"relevant": True},
    "judge_annotation": {"verdict": "consistent"},
    "triage": {"category": "outage", "evidence": ["about error 0x80070005"]},
    "argue": {"evidence": ["about error 0x80070005"]},
    "problem": {"statement": "s"},
    "same_problem": {"verdict": "same"},
    "joint_problem": {"statement": "s"},
    "judge_answer": {"grade": "correct"},
}


@pytest.mark.asyncio(loop_scope="session")
async def test_no_task_shows_a_secret_of_anything_it_is_given(
    llm: Aimock, thinking: Thinking, accounts: Database
) -> None:
    await llm.replace([says(task, {"reasoning": "r", **reply}) for task, reply in REPLIES.items()])
    told = replace(THREAD, messages=(replace(THREAD.messages[0], author=planted("author")), *THREAD.messages[1:]))
    async with thinking() as reasoner:
        await reasoner.identify(told)
        await reasoner.rewrite(told)
        await reasoner.choose_tools(told, [TOOL])
        finding = Finding("s.t", {}, planted("finding"), 1.0)
        await reasoner.answer(Question(planted("question")), [REFERENCE], told, [finding])
        await reasoner.extract(told, Question(planted("question")))
        await reasoner.review(told, TURN)
        await reasoner.judge_page(told, planted("title"), planted("page"))
        annotation = Annotation("a1", "s1", "t1", "ann", EVERYONE, COMPARED, True, 5.0, 9.0)
        await reasoner.judge_annotation(told, TURN, annotation)
        severity = await reasoner.triage(told, [CATEGORY])
        await reasoner.argue(told, [CATEGORY], "outage")
        await reasoner.problem(told)
        await reasoner.same_problem(planted("statement"), planted("known"))
        await reasoner.joint_problem([planted("statement"), planted("known")])
    grader = PromptedGrader(
        config.load(None, model="openai/x", model_api_base=llm.base_url, model_timeout=10), CallLog(accounts)
    )
    try:
        await grader.grade(planted("question"), planted("answer"), planted("gold"))
    finally:
        await grader.close()

    sent = [json.dumps(body, ensure_ascii=False) for body in await llm.requests()]
    everything = "\n".join(sent)
    assert len(sent) == len(REPLIES)
    assert [task for task in REPLIES if ASKS[task] not in everything] == []
    assert found(everything, *PLACES) == []
    assert [place for place in PLACES if f"The {place} says" not in everything] == []
    assert severity.evidence == ("about error 0x80070005",), "what is left is quoted, and found where it was written"


@pytest.mark.asyncio(loop_scope="session")
async def test_what_a_model_reads_off_a_picture_is_kept_without_the_secret(
    llm: Aimock, thinking: Thinking, accounts: Database
) -> None:
    seen = canaries("picture")
    reply = {"reasoning": f"it shows {seen.text}", "question": f"Why is {seen.text} refused?", "sub_questions": []}
    await llm.replace([says("rewrite", reply)])
    async with thinking() as reasoner:
        question = await reasoner.rewrite(THREAD)
    assert question.text.startswith("Why is token [secret] and [secret], password: [secret]")
    assert found(question.text, "picture") == []
    [call] = await calls(accounts)
    assert "[secret]" in call["output"]
    assert found(call["output"], "picture") == []


def test_people_are_kept_out_of_what_they_wrote_but_not_out_of_what_is_documented() -> None:
    """An address that a document gives is what is asked for; error codes, requests and versions help everywhere."""
    material = {"omitted": 0, "pictures_seen": 0, "pictures_unseen": 0, "complaint": "", "findings": (), "turn": ()}
    reasoner = prompts.load("answer")
    passage = {"number": 1, "title": "", "question": "", "text": PERSONAL}
    line = {"role": "customer", "author": "a", "text": clipped_words(PERSONAL, 1_000), "pictures": 0}
    _, user = reasoner.render({**material, "questions": [], "references": [passage], "history": [line]})
    references, rest = user.split("</references>")
    assert PERSONAL in references
    assert "Ask [e-mail], [ip], about error 0x80070005 of request 7f3a-91 on 4.2.1." in rest


@pytest.mark.parametrize("limit", range(20, 420, 7))
def test_no_cut_leaves_half_a_secret(limit: int) -> None:
    for cut in (clipped, clipped_words):
        assert found(cut(f"Is {canaries('cut').text} right? Yes, {canaries('end').text}.", limit), "cut", "end") == []


def test_a_quote_of_what_was_shown_is_a_quote() -> None:
    secret = canaries("said")
    said = followed([f"It fails with {secret.text} for mara.holm@initech.se."])
    assert verbatim("It fails with token [secret] and [secret], password", said)
    assert verbatim("for [e-mail]", said) == "for [e-mail]"
    assert verbatim("for mara.holm@initech.se", said) == "for [e-mail]", "what needs no model quotes the message itself"
    assert verbatim("It fails with token [ip]", said) is None
