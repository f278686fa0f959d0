"""The category file: what is read, and the one clear line for whatever is wrong with it."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigilbot.errors import ConfigError
from vigilbot.models import OTHER, Message
from vigilbot.tickets.categories import Told, load, parsed
from vigilbot.tickets.matching import matcher

if TYPE_CHECKING:
    from pathlib import Path

OTHER_TABLE = '[[category]]\nname = "other"\ngravity = 0\ndescription = "the rest"\n'
OUTAGE = '[[category]]\nname = "outage"\ngravity = 3\ndescription = "down"\n'


def test_the_shipped_categories_are_in_order(tmp_path: Path) -> None:
    shipped = load(None, tmp_path)
    assert OTHER in shipped.names
    assert len(shipped.names) >= 5
    assert shipped.source == "the shipped default.toml"


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "{b=" * 100_000, "a = 1e999999"])
def test_a_file_without_a_bottom_is_one_clear_line(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(text, "own.toml")
    assert "\n" not in str(caught.value)


TABLES = st.sampled_from(["[[category]]", "[[rule]]", "[[filter]]", "[category]", "[x]"])
KEYS = st.sampled_from(["name", "gravity", "description", "notify", "category", "keywords", "pattern", "unless", "x"])
VALUES = st.sampled_from(
    ['"other"', '"outage"', "0", "3", "-1", "2.5", "true", "[]", '["#a", "@b"]', '["x"]', '"(((a"', '"(a{9})*"', "nan"]
)


@given(st.lists(st.one_of(TABLES, st.tuples(KEYS, VALUES).map(" = ".join), st.text(max_size=8)), max_size=12))
def test_whatever_the_file_holds_is_read_or_named(lines: list[str]) -> None:
    with suppress(ConfigError):
        parsed(OTHER_TABLE + "\n".join(lines), "own.toml")


def test_the_data_folder_s_own_file_comes_before_the_shipped_one_and_a_named_one_before_both(tmp_path: Path) -> None:
    (tmp_path / "tickets.toml").write_text(OTHER_TABLE + OUTAGE + 'notify = ["#incidents", "@oncall"]\n', "utf-8")
    own = load(None, tmp_path)
    assert own.names == ("other", "outage")
    assert own.told["outage"] == Told("#incidents", "@oncall")
    with pytest.raises(ConfigError, match="VIGIL_TICKETS"):
        load(tmp_path / "missing.toml", tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OTHER_TABLE + "priority = 3\n", "category.1.priority: no such key"),
        ('[[categories]]\nname = "x"\n', "category is missing"),
        (OTHER_TABLE + OUTAGE + OUTAGE.replace("outage", "Outage"), "two categories are named 'outage'"),
        (OUTAGE, "the category 'other' is missing"),
        (OTHER_TABLE.replace("gravity = 0", "gravity = 1"), "'other' must have gravity 0"),
        (OTHER_TABLE + OUTAGE.replace("gravity = 3", "gravity = 0"), "'outage' has gravity 0"),
        (OTHER_TABLE + OUTAGE.replace("gravity = 3", "gravity = 'high'"), "category.2.gravity"),
        (OTHER_TABLE + OUTAGE + 'notify = ["incidents"]\n', "notify 'incidents' is neither a channel"),
        (OTHER_TABLE + OUTAGE + 'notify = ["#a", "#b"]\n', "one channel and one user group"),
        (OTHER_TABLE + OUTAGE + '[[rule]]\nname = "r"\ncategory = "nope"\nkeywords = ["x"]\n', "rule 'r' names 'nope'"),
        (OTHER_TABLE + OUTAGE + '[[rule]]\nname = "r"\ncategory = "other"\nkeywords = ["x"]\n', "no grave category"),
        (OTHER_TABLE + OUTAGE + '[[rule]]\nname = "r"\ncategory = "outage"\n', "neither keywords nor a pattern"),
        (OTHER_TABLE + OUTAGE + "[[rule]]\nname = 'r'\ncategory = 'outage'\npattern = '('\n", "rule 'r': pattern '('"),
        (OTHER_TABLE + OUTAGE + "[[filter]]\nname = 'f'\npattern = '(?=a)b'\n", "look-arounds"),
        ("[[category]\n", "no TOML"),
    ],
)
def test_a_fault_is_one_line_that_names_the_file_and_the_place(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        parsed(text, "tickets.toml")
    assert str(error.value).startswith("tickets.toml: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_no_pattern_can_hang_triage() -> None:
    evil = matcher((), "(a+)+(b+)+$", "here")
    began = time.perf_counter()
    assert not evil.finds("a" * 50_000 + "!")
    assert time.perf_counter() - began < 1.0


@pytest.mark.parametrize(
    ("keyword", "text", "found"),
    [
        ("svip", "an SVIP customer", True),
        ("svip", "svips", False),
        ("退款", "我要退款。", True),
        ("c++", "in C++!", True),
    ],
)
def test_keywords_are_whole_words_where_the_script_has_words(keyword: str, text: str, found: bool) -> None:
    assert matcher((keyword,), "", "").finds(text) is found


def test_the_matching_line_is_the_evidence() -> None:
    said = Message("1", "s", "Mia", "customer", "Hello,\nwe are an SVIP customer.\nHelp!", 1.0)
    assert matcher(("svip",), "", "").line([said]) == "we are an SVIP customer."
