"""However long and hostile a message is, the built-in reasoner reads it in no time: the whole bot waits meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.reasoning.extractive.dialogues import dialogue
from vigilbot.models import Question
from vigilbot.reasoning.extractive.bounds import LONGEST, bounded
from vigilbot.reasoning.quotes import verbatim
from vigilbot.tickets.categories import shipped

if TYPE_CHECKING:
    from vigilbot.reasoning.extractive import ExtractiveReasoner

pytestmark = pytest.mark.asyncio(loop_scope="session")

LENGTH = 40_000
HOSTILE = ["?", "a\n", "a-", "a.", "1", " ", "ok ", "and ", "hi ", "`a", "A", "a@", "? ", "i-", "@a ", "\n    a\n"]


async def test_ordinary_messages_stay_what_they_are() -> None:
    said = dialogue("How do I resize a disk?", "A: " + "x" * LONGEST)
    assert bounded(said) is said


async def test_of_a_long_message_the_beginning_and_the_end_are_read() -> None:
    said = dialogue("It fails with E42. " + "log line\n" * 5_000 + "What does E42 mean?")
    [message] = bounded(said).messages
    assert len(message.text) <= LONGEST + 1
    assert message.text.startswith("It fails with E42. ")
    assert message.text.endswith("What does E42 mean?")
    assert bounded(said).turn_messages == (message,)
    assert verbatim("What does E42 mean?", said)


@pytest.mark.parametrize("piece", HOSTILE)
async def test_hostile_repetition_holds_nobody_up(reasoner: ExtractiveReasoner, piece: str) -> None:
    text = (piece * LENGTH)[:LENGTH] + "x"
    said = dialogue(text, f"A: {text}", text)
    began = time.process_time()
    await reasoner.identify(said)
    await reasoner.rewrite(said)
    await reasoner.problem(said)
    await reasoner.triage(said, shipped().menu)
    await reasoner.extract(said, Question("What is it?"))
    assert time.process_time() - began < 5
