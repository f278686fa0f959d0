"""A whole dialogue cut to a budget: turn, end and analysts stay, numbers do not move."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.reasoning.prompted.conftest import followed
from vigilbot.reasoning.prompted.numbered_dialogue import messages_by_number, numbered_dialogue

if TYPE_CHECKING:
    from vigilbot.models import Role


def test_what_fits_is_shown_whole_and_numbered() -> None:
    lines = numbered_dialogue(followed(["b"], ("analyst", "c"), before=(("customer", "a"),)), 1_000)
    assert [(line.number, line.text, line.asks, line.skipped) for line in lines] == [
        (1, "a", False, 0),
        (2, "b", True, 0),
        (3, "c", False, 0),
    ]


def test_deleted_messages_have_no_number() -> None:
    said = followed(["a"], ("analyst", "b"), ("analyst", "c"))
    gone = replace(said, messages=(said.messages[0], replace(said.messages[1], deleted=True), said.messages[2]))
    assert [(number, message.id) for number, message in messages_by_number(gone).items()] == [(1, "m1"), (2, "m3")]
    assert [line.text for line in numbered_dialogue(gone, 1_000)] == ["a", "c"]


def test_the_turn_the_end_and_the_analysts_outlast_the_rest() -> None:
    chatter: list[tuple[Role, str]] = [("customer", f"{n:03} " + "x" * 96) for n in range(200)]
    said = followed(
        ["the question"],
        *chatter[:100],
        ("analyst", "the answer"),
        *chatter[100:],
        ("customer", "the thanks"),
        before=chatter,
    )
    lines = numbered_dialogue(said, 2_000)
    texts = [line.text for line in lines]
    assert {"the question", "the answer", "the thanks"} <= set(texts)
    assert sum(map(len, texts)) <= 2_000
    assert [line.number for line in lines] == sorted(line.number for line in lines)
    assert sum(line.skipped for line in lines) + len(lines) == len(said.messages)
    by_text = {line.text: line for line in lines}
    assert said.messages[by_text["the answer"].number - 1].text == "the answer"


def test_one_long_message_pushes_nobody_out() -> None:
    said = followed(["how?"], ("analyst", "log " + "y" * 100_000 + " end"), ("analyst", "do it like so"))
    lines = numbered_dialogue(said, 8_000)
    assert [line.number for line in lines] == [1, 2, 3]
    assert "characters left out" in lines[1].text
    assert lines[1].text.endswith("end")


def test_a_dialogue_of_ten_thousand_messages_is_cut_at_once() -> None:
    said = followed(["how?"], *[("analyst", f"message {n}") for n in range(10_000)])
    assert 100 < len(numbered_dialogue(said, 20_000)) < 3_000
