"""Whatever anybody writes is read in a time that grows with its length: a pattern that runs holds the whole process.

Each text is the worst there is for the way it is read: with a quadratic pattern 40,000 characters take many seconds.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from vigilbot.annotations import forms, rules
from vigilbot.chat.slack.commands import command_in
from vigilbot.chat.slack.text import plain
from vigilbot.knowledge.ingest.chunking import FRONT_TITLE
from vigilbot.knowledge.texts import normalised
from vigilbot.learning.accepted import without_marks
from vigilbot.pipeline.citations import cited, without_citations
from vigilbot.reasoning.prompted.faults import scrubbed
from vigilbot.reasoning.prompted.turn_outputs import with_plain_citations
from vigilbot.safety.delimiters import neutralise
from vigilbot.safety.outgoing import gated

if TYPE_CHECKING:
    from collections.abc import Callable

LENGTH = 40_000
"""Characters: what one Slack message may hold."""
BLANKS = " " * LENGTH


def gate(text: str) -> str:
    return gated(text, (), "")


def commanded(text: str) -> str | None:
    return command_in("U0BOT", f"<@U0BOT> {text}")


WORST: list[tuple[Callable[[str], object], str]] = [
    (neutralise, "<" + BLANKS),
    (neutralise, "<" + "\u200b \n" * (LENGTH // 3)),
    (normalised, "é" + "\u200d" * LENGTH + "é"),
    (normalised, "\u200c\u200d" * (LENGTH // 2)),
    (plain, "*a " * (LENGTH // 3)),
    (plain, "_*~a " * (LENGTH // 5)),
    (plain, "```" + "`a" * (LENGTH // 2)),
    (commanded, "<@U0BOT|" * (LENGTH // 8)),
    (gate, "[a](" + "x" * LENGTH),
    (gate, "[a](" + BLANKS),
    (gate, "[a](x(" * (LENGTH // 6)),
    (cited, "<doc_1" + BLANKS),
    (without_citations, "<doc_1" + BLANKS + "x"),
    (with_plain_citations, "[doc_1" + BLANKS),
    (with_plain_citations, "[" + "doc_1," * (LENGTH // 6)),
    (without_marks, BLANKS + "x"),
    (forms.CITATION.search, BLANKS),
    (rules._plain, BLANKS + "x"),
    (FRONT_TITLE.search, "title: a" + BLANKS + "b"),
    (scrubbed, "a" * LENGTH),
]


@pytest.mark.parametrize(("read", "text"), WORST, ids=lambda part: getattr(part, "__qualname__", repr(part)[:12]))
def test_the_worst_text_costs_no_more_than_its_length(read: Callable[[str], object], text: str) -> None:
    def seconds() -> float:
        began = time.process_time()
        read(text)
        return time.process_time() - began

    assert min(seconds(), seconds()) < 0.5
