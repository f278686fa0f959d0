from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigilbot.safety.outgoing import REMOVED, gated

SHARED = Path(__file__).parents[3] / "shared" / "data" / "security"
LIVE_MENTION = re.compile(r"<[!@#][^>]*>|[@＠](?:channel|here|everyone)(?![a-z0-9_])", re.IGNORECASE)
SOURCE = "https://docs.example/page"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://docs.example/page.", "see https://docs.example/page."),
        ("see [the page](https://docs.example/page)", "see the page (https://docs.example/page)"),
        ("see <https://docs.example/page|the page>", "see the page (https://docs.example/page)"),
        ("see https://evil.example/x, now", f"see {REMOVED}, now"),
        ("see [docs](https://evil.example/x)", f"see docs {REMOVED}"),
        ("![x](https://evil.example/leak?q=secret)", f"x {REMOVED}"),
        ("see <https://evil.example|https://docs.example/page>", f"see https://docs.example/page {REMOVED}"),
        ("[a](javascript:alert(1)) data:text/html,x", f"a {REMOVED} {REMOVED}"),
        ("write to mailto:a@evil.example", f"write to {REMOVED}"),
        ("it is at https://quoted.example/a", "it is at `quoted.example/a`"),
        ("run `apt install x` and 5 < 6 > 4", "run `apt install x` and 5 < 6 > 4"),
        ("请看https://evil.example/x。谢谢", f"请看{REMOVED}。谢谢"),
        ("请看https://docs.example/page，谢谢", "请看https://docs.example/page，谢谢"),
        ("été:éhttps://evil.example", f"été:é{REMOVED}"),
        ("_https://evil.example/x_", f"_{REMOVED}"),
        ("1https://evil.example 訪www.evil.example", f"1{REMOVED} 訪{REMOVED}"),
        ("x" * 40 + "https://evil.example", "x" * 24 + REMOVED),
        ("see user_data: and metadata: too", "see user_data: and metadata: too"),
    ],
)
def test_only_cited_sources_stay_links(text: str, expected: str) -> None:
    assert gated(text, {SOURCE}, "it is at https://quoted.example/a") == expected


@pytest.mark.parametrize(
    "text",
    [
        *("<!channel> hi", "<!here|x>", "<@U123ABC> look", "<!subteam^S1|@ops>"),
        *("@here", "@Everyone", "＠channel", "@channel请注意", "请@here看"),
    ],
)
def test_no_mention_survives(text: str) -> None:
    assert not LIVE_MENTION.search(gated(text, set(), ""))


def test_no_mention_survives_in_naughty_strings() -> None:
    for text in json.loads((SHARED / "strings" / "blns.json").read_text("utf-8")):
        assert not LIVE_MENTION.search(gated(f"{text} <!channel>{text}@here {text}", set(), ""))


@pytest.mark.parametrize("piece", ["a.", "no-space", "[", "[](", "![a](", "<a:", "((", "www.", "@here ", "a+"])
def test_hostile_repetition_costs_linear_time(piece: str) -> None:
    def seconds(times: int) -> float:
        started = time.process_time()
        gated(piece * times, (), "")
        return time.process_time() - started

    short = max(seconds(2_000), 0.001)
    assert seconds(20_000) < 40 * short  # linear is 10, quadratic 100


@given(st.text(alphabet="<>!@#|[]()chanelr h:/tps.U1^`\n\u200b看_é", max_size=60))
def test_whatever_is_written_no_mention_and_no_foreign_link_comes_out(text: str) -> None:
    out = gated(text, {SOURCE}, "")
    assert not LIVE_MENTION.search(out)
    assert not re.search(r"https?://[a-z]", out)
