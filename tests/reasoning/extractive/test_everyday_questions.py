"""What a newcomer asks the demo first, in everyday words: answered from vigilbot's own documentation, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reasoning.extractive.dialogues import dialogue

if TYPE_CHECKING:
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.reasoning.extractive import ExtractiveReasoner


async def said(reasoner: ExtractiveReasoner, knowledge: LocalKnowledge, asked: str) -> str:
    """The answer in a thread of its own; empty for silence."""
    turn = dialogue("hi", "A: Hello, go ahead", asked)
    if (await reasoner.identify(turn)).scope != "within_scope":
        return ""
    question = await reasoner.rewrite(turn)
    references = await knowledge.search(question, audiences=turn.audiences, limit=5)
    return (await reasoner.answer(question, references, turn)).text


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ("How do I install it?", "make run"),
        ("how much RAM does it need?", "half a gigabyte"),
        ("Which file formats can I ingest?", "PDF"),
        ("How do I connect it to Slack?", "vigilbot manifest"),
        ("Is my data sent anywhere?", "no message is sent anywhere"),
        ("How do I stop the bot?", "Ctrl+C"),
        ("Where are the logs?", "standard error"),
    ],
)
async def test_a_newcomer_is_answered_from_the_documentation(
    reasoner: ExtractiveReasoner, own_docs: LocalKnowledge, asked: str, holds: str
) -> None:
    assert holds in await said(reasoner, own_docs, asked)


async def test_steps_are_quoted_to_their_end(reasoner: ExtractiveReasoner, own_docs: LocalKnowledge) -> None:
    steps = await said(reasoner, own_docs, "How do I connect it to Slack?")
    assert steps.index("1. Run `vigilbot manifest`") < steps.index("7. Invite the bot")


@pytest.mark.parametrize(
    "asked",
    [
        "how do I install Photoshop?",
        "my printer does not print, how do I fix it?",
        "is it raining in London",
        "is it safe to eat raw eggs?",
        "What does an EC2 t3.large cost?",
    ],
)
async def test_other_things_stay_unanswered(reasoner: ExtractiveReasoner, own_docs: LocalKnowledge, asked: str) -> None:
    assert await said(reasoner, own_docs, asked) == ""
