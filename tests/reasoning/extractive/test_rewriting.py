"""One question that stands alone, by selecting context."""

from __future__ import annotations

import pytest

from tests.reasoning.extractive.dialogues import dialogue
from vigilbot.reasoning.extractive.rewriting import rewritten, wordings

AGENT = "How do I install the agent on Linux?"


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (("Hi team, how do I set the quiet window? Thanks in advance!",), "how do I set the quiet window?"),
        (("hey <@U123> can you tell me how long logs are kept, plz",), "can you tell me how long logs are kept"),
        ((AGENT, "A: Run the installer.", "and on Windows?"), f"{AGENT}\nand on Windows?"),
        ((AGENT, "A: Run the installer.", "does it work with sso too?"), "does it work with sso too?"),
        ((AGENT, "A: Run the installer.", "what about Docker?"), f"{AGENT}\nwhat about Docker?"),
        ((AGENT, "A: Run the installer.", "Where are invoices stored?"), "Where are invoices stored?"),
        ((AGENT, "A: Run the installer.", "What is an entry?"), "What is an entry?"),
        (
            ('Saving fails with "Error 502: upstream timed out".', "A: hm", "what does that error mean?"),
            "what does that error mean?",
        ),
        (
            ("How do I restart i-0abc12345def67890? Request id: 5f8a2c1e-1111-2222-3333-444455556666",),
            "How do I restart?",
        ),
        (("thanks",), "thanks"),
    ],
)
def test_the_question(lines: tuple[str, ...], text: str) -> None:
    assert rewritten(dialogue(*lines)).text == text


@pytest.mark.parametrize(
    ("before", "turn", "variants"),
    [
        (AGENT, "and on Windows?", ("and on Windows?",)),
        (AGENT, "does it work with sso too?", (f"{AGENT}\ndoes it work with sso too?",)),
        (AGENT, "Where are invoices stored?", ()),
        (AGENT, "How do I start it on Linux? Where are invoices stored?", ("How do I start it on Linux?",)),
        (
            'Saving fails with "Error 502: upstream timed out".',
            "what does that error mean?",
            ('Saving fails with "Error 502: upstream timed out".\nwhat does that error mean?',),
        ),
    ],
)
def test_a_turn_that_leans_is_searched_with_and_without_its_context(
    before: str, turn: str, variants: tuple[str, ...]
) -> None:
    assert rewritten(dialogue(before, "A: Let me see.", turn)).variants == variants


def test_each_part_is_known_in_its_own_words_and_with_its_context() -> None:
    question = rewritten(dialogue("How do I install the agent? Does it need root? Where are invoices stored?"))
    assert [wordings(part, question) for part in question.parts] == [
        ("How do I install the agent?",) * 2,
        ("Does it need root?", "How do I install the agent? Does it need root?"),
        ("Where are invoices stored?",) * 2,
    ]


@pytest.mark.parametrize(
    ("turn", "parts"),
    [
        ("What does shadow mode do?", ()),
        ("I use 3.2. What does shadow mode do? Any ideas?", ()),
        (
            "What does shadow mode do? Where are the logs kept?",
            ("What does shadow mode do?", "Where are the logs kept?"),
        ),
        (
            "How long is the quiet pause, and who counts as an analyst?",
            ("How long is the quiet pause", "who counts as an analyst?"),
        ),
        (
            "1. How do I export tickets?\n2. How do I delete a user?",
            ("1. How do I export tickets?", "2. How do I delete a user?"),
        ),
        (
            "How do I install the agent? Does it need root?",
            ("How do I install the agent?", "How do I install the agent? Does it need root?"),
        ),
    ],
)
def test_several_questions_are_parted(turn: str, parts: tuple[str, ...]) -> None:
    assert rewritten(dialogue(turn)).sub_questions == parts


def test_a_very_long_turn_is_cut_to_what_the_encoder_reads() -> None:
    assert len(rewritten(dialogue("why does this fail? " * 5000)).text) <= 1200
