"""Who only says that there is something to ask teaches nothing yet; the question is what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reasoning.extractive.lessons import session
from vigilbot.models import Question
from vigilbot.reasoning.extractive.cues import only_announces

if TYPE_CHECKING:
    from vigilbot.reasoning.extractive import ExtractiveReasoner

ASKED = "How do I raise the upload limit of a bucket?"
FIX = "You need to set max_upload_mb in the bucket's settings and save."


@pytest.mark.parametrize(
    "text",
    [
        "Hello, I have a question.",
        "Can somebody help me?",
        "hi, anyone here?",
        "Good morning, we have an issue",
        "help",
    ],
)
def test_an_announcement_holds_nothing_to_answer(text: str) -> None:
    assert only_announces(text)


@pytest.mark.parametrize(
    "text",
    [ASKED, "I have a question about buckets", "need help with the installer", "thanks", "it crashed", "which one?"],
)
def test_what_names_its_matter_is_no_announcement(text: str) -> None:
    assert not only_announces(text)


async def test_no_pair_is_made_for_an_announcement(reasoner: ExtractiveReasoner) -> None:
    said = ("carl: Hello, I have a question.", "Ana: Hi, go ahead", f"carl: {ASKED}", f"Ana: {FIX}", "carl: thanks!")
    found = await reasoner.extract(session(*said), Question("Hello, I have a question."))
    assert found.pair is None


async def test_announced_and_asked_in_one_breath_is_asked(reasoner: ExtractiveReasoner) -> None:
    dialogue = session("carl: Hello, I have a question.", f"carl: {ASKED}", f"Ana: {FIX}", "carl: thanks!", asked=2)
    found = await reasoner.extract(dialogue, Question(dialogue.turn_text))
    assert found.message_ids == ("2",)
    assert found.pair is not None
