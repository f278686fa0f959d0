from __future__ import annotations

from dataclasses import replace

import pytest

from vigilbot.models import Answer, AnswerPart, Finding, Message, Reference, Turn
from vigilbot.pipeline.answer import held_to_rules
from vigilbot.pipeline.card import card_of
from vigilbot.pipeline.citations import cited, without_citations
from vigilbot.pipeline.standdown import answered_by, is_answer

REFERENCES = (
    Reference("a", 1, "document", "Install", "Run it. More at https://quoted.example/x", "https://docs.example/a", 0.9),
    Reference("b", 1, "document", "Upgrade", "Upgrade it.", "docs/upgrade.md", 0.8),
)
FINDINGS = (Finding("time.now", {"zone": "UTC"}, "10:00, see https://tool.example/x", 0.0),)
TURN = Turn("t", "s", (), 0.0, references=REFERENCES, findings=FINDINGS)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Run it <doc_1>.", "Run it <doc_1>."),
        ("Run it <doc_1>, see https://docs.example/a", "Run it <doc_1>, see https://docs.example/a"),
        ("Run it <doc_1>, see https://evil.example", "Run it <doc_1>, see [link removed]"),
        ("Run it <doc_1></doc_1>.", "Run it <doc_1>."),
        ("Run it.", None),
        ("Run it <doc_3>.", None),
        ("Run it <doc_0>.", None),
        ("Run it <doc_1> and that <doc_99>.", None),
        ("", None),
        ("It is 10:00 <tool_1>.", "It is 10:00 <tool_1>."),
        ("It is 10:00 <tool_1>, run it <doc_1>.", "It is 10:00 <tool_1>, run it <doc_1>."),
        ("See https://tool.example/x <tool_1>", "See `tool.example/x` <tool_1>"),
        ("It is 10:00 <tool_2>.", None),
        ("It is 10:00 <tool_0>.", None),
    ],
)
def test_cited_truly_or_refused(text: str, kept: str | None) -> None:
    part = held_to_rules(AnswerPart("How?", text), TURN)
    assert (None if part.refused else part.text) == kept
    assert part.refused == (part.text == "")


def test_citations_are_found_and_taken_out() -> None:
    text = "First <doc_2>, then <DOC 1> and <doc_2>, <tool_2>."
    assert cited(text) == [("doc", 2), ("doc", 1), ("tool", 2)]
    assert without_citations(text) == "First , then and , ."


def test_a_card_numbers_its_sources_as_it_cites_them() -> None:
    parts = (AnswerPart("How?", "Upgrade <doc_2><doc_2>, not [7] run <doc_1>."), AnswerPart("Why?", "", refused=True))
    turn = Turn("t", "s", (), 0.0, references=REFERENCES, answer=Answer(parts, "scripted"))
    card = card_of(turn, 1.0)
    assert card.parts[0].text == "Upgrade [1], not  run [2]."
    assert [(source.number, source.title, source.url) for source in card.sources] == [
        (1, "Upgrade", ""),
        (2, "Install", "https://docs.example/a"),
    ]


def test_a_finding_is_a_source_without_entry_or_link() -> None:
    parts = (AnswerPart("When?", "Now <tool_1>, run it <doc_1>."),)
    card = card_of(replace(TURN, answer=Answer(parts, "scripted")), 1.0)
    assert card.parts[0].text == "Now [1], run it [2]."
    finding, install = card.sources
    assert (finding.title, finding.entry_id, finding.url) == ("Tool time.now (zone: UTC)", "", "")
    assert finding.excerpt.startswith("10:00")
    assert install.entry_id == "a"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Set VIGIL_PORT to another value and restart.", True),
        ("Have you tried restarting the agent?", True),
        ("see https://docs.example", True),
        ("Let me check that for you", False),
        ("one sec", False),
        ("hi Alice", False),
        ("Which version do you use?", False),
        ("On it", False),
        ("", False),
        ("Checking with the team: until then set retries to 3.1 and restart the worker, that will help", True),
    ],
)
def test_what_counts_as_an_analysts_answer(text: str, answer: bool) -> None:
    assert is_answer(text) is answer


def test_only_what_comes_after_the_turn_can_overtake_it() -> None:
    def message(number: int, role: str, text: str) -> Message:
        return Message(str(number), "s", role, role, text, float(number))  # type: ignore[arg-type]  # literal roles below

    before = message(1, "analyst", "Restart the worker and it will work again.")
    question = message(2, "customer", "And on Windows?")
    after = message(3, "analyst", "The same there: restart the service.")
    assert answered_by((before, question), (question,)) is None
    assert answered_by((before, question, after), (question,)) == after
