"""Every card passes both Block Kit checks, keeps a message's limits, and can neither mention nor link at will."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chat.slack.support import Json, card_of, source
from tests.standins.blockkit import check_blocks
from vigilbot.chat.slack.blocks import ACCEPT, blocks, fallback, marker
from vigilbot.chat.slack.richtext import rich_text, said
from vigilbot.chat.slack.text import size
from vigilbot.models import AnswerPart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vigilbot.models import Card

MESSAGE_LIMIT = 13_000

HOSTILE = (
    "<!channel> <!here|here> <@U012ABC> <!subteam^S012|@team> <#C012|general> @channel @here @everyone "
    "[click](https://evil.example/a) <https://evil.example/b|docs> https://evil.example/c <script>&amp;</script>"
)


def shown(card: Card) -> list[Json]:
    made = blocks(card, "delivery-1")
    check_blocks(made)
    assert characters(made) <= MESSAGE_LIMIT
    assert size(fallback(card)) <= 4_000
    return made


def characters(tree: object) -> int:
    """All text and addresses of a message, in UTF-16 units."""
    if isinstance(tree, str):
        return size(tree)
    if isinstance(tree, dict):
        return sum(characters(tree[key]) for key in ("text", "url", "elements", "value") if key in tree)
    return sum(map(characters, tree)) if isinstance(tree, list) else 0


def elements(tree: object) -> Iterator[Json]:
    """Every dict in the tree that has a type."""
    if isinstance(tree, dict):
        if "type" in tree:
            yield tree
        for value in tree.values():
            yield from elements(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from elements(value)


def words(made: list[Json]) -> str:
    return " ".join(said([element]) for block in made if block["type"] == "rich_text" for element in block["elements"])


def test_an_answer_with_its_sources() -> None:
    made = shown(card_of("Restart **both** routers [1].", sources=(source(1, "Routers & <switches>"),)))
    assert made[0]["text"]["text"] == "✨ AI-generated answer"
    assert made[0]["block_id"] == marker("delivery-1")
    assert "quotes only" in made[1]["elements"][0]["text"]
    assert "Restart both routers [1]." in words(made)
    assert {"type": "text", "text": "both", "style": {"bold": True}} in elements(made)
    linked = [element for element in elements(made) if element["type"] == "link"]
    assert linked == [{"type": "link", "url": "https://docs.example.org/handbook", "text": "Routers & <switches>"}]
    button = next(element for element in elements(made) if element.get("action_id") == ACCEPT)
    assert (button["value"], button["text"]["text"]) == ("card-1", "Accept")
    assert "Question 1?" not in words(made)


def test_the_writer_is_named() -> None:
    byline = shown(card_of("x", reasoner="openai/some-model"))[1]["elements"][0]
    assert byline["type"] == "plain_text"
    assert "openai/some-model" in byline["text"]


def test_several_questions_are_each_answered_or_refused() -> None:
    text = words(shown(card_of("First answer [1].", "", "Third answer [1].", sources=(source(1),))))
    assert text.index("Question 1?") < text.index("First answer") < text.index("“Question 2?”") < text.index("Third")
    assert "No answer to “Question 2?”" in text


def test_an_accepted_card_says_by_whom_and_cannot_be_accepted_again() -> None:
    card = replace(card_of("x"), state="accepted", accepted_by="U012ABC", accepted_at=1.0)
    made = shown(card)
    assert not [element for element in elements(made) if element.get("action_id")]
    assert made[-1]["elements"][0]["elements"][1] == {"type": "user", "user_id": "U012ABC"}


def test_an_accepter_who_is_no_user_id_is_only_text() -> None:
    made = shown(replace(card_of("x"), state="accepted", accepted_by="<!channel>"))
    assert not [element for element in elements(made) if element["type"] in {"user", "usergroup", "broadcast"}]


def test_a_source_without_an_address_is_quoted_not_linked() -> None:
    made = shown(card_of("x [1]", sources=(source(1, "notes.md", "notes.md"),)))
    assert "[1] notes.md — “An excerpt of the passage.”" in words(made)
    assert not [element for element in elements(made) if element["type"] == "link"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "slack://open", "https://x y", "http://" + "a" * 2_000, ""])
def test_only_web_addresses_become_links(url: str) -> None:
    made = shown(card_of("x [1]", sources=(source(1, "t", url),)))
    assert not [element for element in elements(made) if element["type"] == "link"]


def test_nothing_hostile_gets_through() -> None:
    hostile = source(1, HOSTILE)
    card = card_of(HOSTILE, f"`{HOSTILE}`", f"> {HOSTILE}\n\n- {HOSTILE}\n\n| {HOSTILE} |\n|--|\n", sources=(hostile,))
    card = replace(card, parts=(*card.parts, AnswerPart(HOSTILE, "", refused=True)), reasoner=HOSTILE[:60])
    made = shown(card)
    whole = json.dumps(made, ensure_ascii=False)
    assert not [e for e in elements(made) if e["type"] in {"user", "usergroup", "broadcast", "channel", "mrkdwn"}]
    assert {e["url"] for e in elements(made) if e["type"] == "link"} == {"https://docs.example.org/handbook"}
    for token in ("<!", "<@", "<#", "@channel", "@here", "@everyone"):
        assert token not in whole
        assert token not in fallback(card)
    assert "<" not in fallback(card)
    assert "https://evil.example" not in fallback(card)
    prose = [e for e in elements(made) if e["type"] == "text" and not e.get("style", {}).get("code")]
    assert not [e for e in prose if "https://evil" in e["text"]]


def test_a_cited_link_in_the_answer_stays_a_link() -> None:
    made = shown(card_of("See [the book](https://docs.example.org/handbook) [1].", sources=(source(1),)))
    assert {"type": "link", "url": "https://docs.example.org/handbook", "text": "the book"} in elements(made)


def test_a_citation_at_the_start_of_a_line_is_no_link_definition() -> None:
    assert "[1]: restart it" in words(shown(card_of("[1]: restart it", sources=(source(1),))))


def test_markdown_structure_survives() -> None:
    made = shown(
        card_of("# Steps\n\n3. stop\n4. start\n   - wait\n\n```sh\nx <y>\n```\n\n|a|b|\n|-|-|\n|1|22|\n\n> so")
    )
    text = words(made)
    assert "3. stop" in text
    assert "4. start" in text
    kinds = [e["type"] for e in elements(made) if e["type"].startswith("rich_text_")]
    assert kinds.count("rich_text_preformatted") == 2
    assert "rich_text_quote" in kinds
    assert any(e.get("indent") == 1 for e in elements(made) if e["type"] == "rich_text_list")
    assert "a  b\n1  22" in text


@pytest.mark.parametrize(
    "text",
    [
        "A sentence of the answer. " * 2_000,
        "no-space" * 5_000,
        "🎉" * 20_000,
        "```\n" + "code line\n" * 4_000 + "```",
        "- item\n" * 4_000,
        "مرحبا بالعالم " * 3_000,
        "**b** " * 8_000,
        "> " * 200 + "deep",
        "- " * 60 + "deep",
        "",
        " \n ",
        "\u202etest\u0000 \ud83d",
    ],
    ids=["prose", "one word", "emoji", "code", "list", "rtl", "marks", "quotes", "depth", "empty", "blank", "control"],
)
def test_answers_of_any_kind_fit_into_a_message(text: str) -> None:
    card = replace(card_of("x", sources=(source(1),)), parts=(AnswerPart("What?", text),))
    made = shown(card)
    if size(text) > 12_000:
        assert "Shortened to fit into one message" in words(made)
        assert len(words(made)) > 1_000


def test_many_questions_and_many_sources_fit_into_a_message() -> None:
    many = tuple(
        source(n, f"Title {n} " + "long " * 60, f"https://docs.example.org/{n}/" + "x" * 500) for n in range(1, 41)
    )
    card = card_of(*["An answer with [1] several words. " * 100] * 30, sources=many)
    made = shown(card)
    assert "10 further questions are left out here" in words(made)
    assert "more do not fit here: " in words(made)


@settings(max_examples=150)
@given(st.text(max_size=400))
def test_any_text_makes_a_valid_card(text: str) -> None:
    shown(card_of(text or "x", sources=(source(1, text or "t"),), reasoner=text or "r"))
    assert all(element["elements"] for element in rich_text(text))
