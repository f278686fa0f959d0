import pytest

from vigilbot.chat.slack.text import escaped, plain, shortened, size

NAMES = {"U0BOT": "vigilbot"}


@pytest.mark.parametrize(
    ("mrkdwn", "expected"),
    [
        ("hello", "hello"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("&amp;lt; stays", "&lt; stays"),
        ("<@U0BOT> help", "@vigilbot help"),
        ("<@U777> look", "@U777 look"),
        ("<@U777|bob> look", "@bob look"),
        ("<#C01SUPPORT|support>", "#support"),
        ("<#C01SUPPORT>", "#C01SUPPORT"),
        ("<!subteam^S012|@oncall>", "@oncall"),
        ("<!here> and <!channel|channel>", "@here and @channel"),
        ("<!date^1700000000^{date}|14 Nov 2023>", "14 Nov 2023"),
        ("<https://example.org/a?b=1&amp;c=2>", "https://example.org/a?b=1&c=2"),
        ("<https://example.org|the docs>", "the docs (https://example.org)"),
        ("<https://example.org|example.org>", "https://example.org"),
        ("<mailto:a@example.org|a@example.org>", "a@example.org"),
        ("*bold* _italic_ ~gone~", "bold italic gone"),
        ("*_both_*", "both"),
        ("*<https://example.org|docs>*", "docs (https://example.org)"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("`*args` and ```_private_\nx &lt; y```", "`*args` and ```_private_\nx < y```"),
        ("مرحبا *كيف* 🎉", "مرحبا كيف 🎉"),
    ],
)
def test_mrkdwn_is_read_as_people_see_it(mrkdwn: str, expected: str) -> None:
    assert plain(mrkdwn, NAMES) == expected


@pytest.mark.parametrize("token", ["<!channel>", "<!here>", "<@U123>", "<!subteam^S1|@x>", "<#C1|general>"])
def test_escaped_text_holds_no_control_sequence(token: str) -> None:
    assert "<" not in escaped(f"a {token} & b")
    assert "&amp;" in escaped(f"a {token} & b")


@pytest.mark.parametrize("word", ["channel", "here", "everyone", "HERE"])
def test_plain_broadcasts_are_broken(word: str) -> None:
    assert f"@{word}" not in escaped(f"hi @{word}, look")


def test_a_long_text_is_cut_at_a_sentence_and_says_so() -> None:
    cut = shortened("One sentence here. " * 50, 100)
    assert size(cut) <= 100
    assert cut.endswith("here.…")


def test_a_cut_never_splits_an_emoji() -> None:
    assert shortened("🎉" * 50, 20) == "🎉" * 9 + "…"
    assert size("🎉") == 2
