"""Reading what models write instead of plain JSON."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigilbot.errors import OutputUnreadable
from vigilbot.pipeline.citations import cited
from vigilbot.reasoning.prompted.gateway import Reply
from vigilbot.reasoning.prompted.output import read
from vigilbot.reasoning.prompted.turn_outputs import IdentifyOutput, with_plain_citations


@pytest.mark.parametrize(
    "text",
    [
        '{"reasoning": "r", "scope": "within_scope"}',
        '```json\n{"reasoning": "r", "scope": "within_scope"}\n```',
        'Here you are:\n{"reasoning": "r", "scope": "within_scope"}\nAnything else? {smile}',
        "{'reasoning': 'r', 'scope': 'within_scope'}",
        '{"reasoning": "r", "scope": "within_scope",}',
        '{"reasoning": "r" "scope": "within_scope"}',
        '{reasoning: "r", scope: "within_scope"}',
        '{"reasoning": "r", "scope": " Within Scope ", "confidence": 0.9}',
        '<think>{"scope"?}</think>{"reasoning": "r", "scope": "within_scope"}',
    ],
)
def test_read_tolerantly(text: str) -> None:
    assert read(Reply(text), IdentifyOutput).scope == "within_scope"


@pytest.mark.parametrize("depth", [50, 300, 500, 700, 900, 1_500, 20_000])
@pytest.mark.parametrize("said", ["", "AKIAIOSFODNN7EXAMPLQ"])
def test_however_deeply_a_reply_is_nested_it_is_read_or_unreadable(depth: int, said: str) -> None:
    text = f'{{"reasoning": "r {said}", "scope": "within_scope", "more": {"[" * depth}{"]" * depth}}}'
    with suppress(OutputUnreadable):
        assert read(Reply(text), IdentifyOutput).scope == "within_scope"


def test_half_a_surrogate_becomes_a_question_mark() -> None:
    """No store takes it: the turn would have no outcome, now and after every start."""
    text = '{"reasoning": "half \\ud83d, whole \\ud83d\\ude00", "scope": "within_scope"}'
    assert read(Reply(text), IdentifyOutput).reasoning == "half ?, whole 😀"


@pytest.mark.parametrize(
    "text", ["", "{", "}{", "null", '{"scope": "within_scope"', "[" * 5000, "{" * 5000, '{"a":' * 5000]
)
def test_unreadable(text: str) -> None:
    with pytest.raises(OutputUnreadable):
        read(Reply(text), IdentifyOutput)


@pytest.mark.parametrize("digits", [4, 9, 10, 5_000])
def test_a_citation_of_any_length_is_read(digits: int) -> None:
    text = f"It is so <doc_{'1' * digits}>, [doc_{'2' * digits}]."
    assert with_plain_citations(text)
    assert all(citation.number > 0 for citation in cited(text))


def test_keys_that_mean_something_elsewhere_mean_nothing_here() -> None:
    with pytest.raises(OutputUnreadable):
        read(Reply('{"__proto__": {"scope": "within_scope"}}'), IdentifyOutput)


@given(st.text() | st.text(alphabet='{}[]":,\\ \nabscope'))
def test_whatever_comes_is_read_or_refused(text: str) -> None:
    with suppress(OutputUnreadable):
        assert read(Reply(text), IdentifyOutput).scope in {"within_scope", "out_of_scope", "no_assistance"}


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Set a <doc_1>.", "Set a <doc_1>."),
        ("Set a <doc_1><doc_2>.", "Set a <doc_1><doc_2>."),
        ("Set a [doc_1, doc_02].", "Set a <doc_1><doc_2>."),
        ("Set a (Doc 3) now", "Set a <doc_3> now"),
        ("Set a <doc_1></doc_1>.", "Set a <doc_1>."),
        ("Set a [1] and array[0].", "Set a [1] and array[0]."),
    ],
)
def test_citations_are_written_one_way(written: str, plain: str) -> None:
    assert with_plain_citations(written) == plain
