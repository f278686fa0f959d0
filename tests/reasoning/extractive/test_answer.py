"""Quotation with citation, refusal, and whole sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reasoning.extractive.dialogues import dialogue
from vigilbot.models import Question, Reference
from vigilbot.pipeline.citations import cited, without_citations
from vigilbot.reasoning.extractive.sentences import sentences

if TYPE_CHECKING:
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.reasoning.extractive import ExtractiveReasoner


async def asked(reasoner: ExtractiveReasoner, knowledge: LocalKnowledge, text: str) -> tuple[str, list[Reference]]:
    turn = dialogue(text)
    question = await reasoner.rewrite(turn)
    references = await knowledge.search(question, audiences=turn.audiences, limit=5)
    return (await reasoner.answer(question, references, turn)).text, references


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How do I set the quiet window?", "VIGIL_QUIET_WINDOW"),
        ("Which setting changes how long the bot waits for more messages?", "VIGIL_QUIET_WINDOW"),
        ("where is the database stored?", "VIGIL_DATA_DIR"),
        ("How do I install vigilbot?", "make run"),
        ("Can I mute it in a thread?", "mute"),
    ],
)
async def test_what_the_documentation_answers_is_quoted(
    reasoner: ExtractiveReasoner, own_docs: LocalKnowledge, question: str, expected: str
) -> None:
    text, references = await asked(reasoner, own_docs, question)
    assert expected in text
    [(_, number)] = cited(text)
    source = sentences(references[number - 1].text)
    assert any(sentence in without_citations(text) for sentence in source)


@pytest.mark.parametrize(
    "question", ["What's the weather like in Paris tomorrow?", "How do I bake bread?", "Who was Ada Lovelace?"]
)
async def test_what_it_does_not_answer_is_refused(
    reasoner: ExtractiveReasoner, own_docs: LocalKnowledge, question: str
) -> None:
    assert await asked(reasoner, own_docs, question) == ("", (await asked(reasoner, own_docs, question))[1])


@pytest.mark.parametrize(
    ("before", "turn", "expected"),
    [
        ("which scopes does the slack app need?", "what models can I use?", "VIGIL_MODEL"),
        ("What is the quiet window?", "does it work without an API key?", "no API key"),
        ("Where is the data stored?", "Can I use Postgres?", ""),
        ("How do I mute it in a thread?", "and in Slack?", "@vigilbot mute"),
    ],
)
async def test_what_only_matches_the_question_before_is_not_quoted(
    reasoner: ExtractiveReasoner, own_docs: LocalKnowledge, before: str, turn: str, expected: str
) -> None:
    asked_then = dialogue(before, "A: One moment.", turn)
    question = await reasoner.rewrite(asked_then)
    references = await own_docs.search(question, audiences=asked_then.audiences, limit=5)
    answer = await reasoner.answer(question, references, asked_then)
    assert answer.refused == (not expected)
    assert expected in answer.text


async def test_each_part_is_answered_or_refused_by_itself(
    reasoner: ExtractiveReasoner, own_docs: LocalKnowledge
) -> None:
    turn = dialogue("How do I install vigilbot? Who painted the Mona Lisa?")
    question = await reasoner.rewrite(turn)
    references = await own_docs.search(question, audiences=turn.audiences, limit=5)
    answer = await reasoner.answer(question, references, turn)
    assert [part.refused for part in answer.parts] == [False, True]
    assert not answer.refused
    assert answer.reasoner == "extractive"


async def test_a_stored_pair_is_quoted_as_it_stands(reasoner: ExtractiveReasoner) -> None:
    stored = "Press the blue button. Hold it for 5 s. Then wait for the light."
    pair = Reference("q", 1, "qa", "", stored, "", 0.9, {"dense": 0.93}, question="How do I reset the blue box?")
    other = Reference("d", 1, "document", "Invoices", "Invoices are sent monthly.", "", 0.1, {"dense": 0.1})
    turn = dialogue("how can I reset the blue box")
    answer = await reasoner.answer(Question(turn.turn_text), [pair, other], turn)
    assert answer.text == f"{stored} <doc_1>"


async def test_no_references_no_answer(reasoner: ExtractiveReasoner) -> None:
    turn = dialogue("How do I install vigilbot?")
    assert (await reasoner.answer(Question(turn.turn_text), [], turn)).refused


def test_sentences_stay_whole() -> None:
    text = (
        "Use version 9.04, e.g. on a server. It is small!\nRun this:\n```sh\napt install x. Then y.\n```\n"
        "- first item\n- second item goes on\n  in the next line"
    )
    assert sentences(text) == [
        "Use version 9.04, e.g. on a server.",
        "It is small!",
        "Run this:",
        "```sh\napt install x. Then y.\n```",
        "- first item",
        "- second item goes on in the next line",
    ]
