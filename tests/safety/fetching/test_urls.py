from __future__ import annotations

import json
from pathlib import Path

import pytest
from yarl import URL

from vigilbot.errors import FetchRefused
from vigilbot.safety.fetching.urls import LONGEST, followed, parsed

SHARED = Path(__file__).parents[4] / "shared" / "data" / "security" / "ssrf"


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://docs.example/a?b=c#d", "docs.example"),
        ("HTTP://Docs.Example:8080/", "docs.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://docs.example./", "docs.example."),
        ("http://93.184.216.34/", "93.184.216.34"),
        ("http://[2606:4700::1111]/", "2606:4700::1111"),
        ("http://１２７.0.0.1/", "127.0.0.1"),
        ("https://docs.example/a b/ä", "docs.example"),
    ],
)
def test_plain_urls_keep_their_host(text: str, host: str) -> None:
    assert parsed(text).raw_host == host


@pytest.mark.parametrize(
    "text",
    [
        "",
        "docs.example",
        "//docs.example/",
        "ftp://docs.example/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/",
        "http:/docs.example",
        "http:docs.example",
        "http:///docs.example",
        "https://",
        "https://user@docs.example/",
        "https://user:password@docs.example/",
        "https://@docs.example/",
        "https://docs.example\\@127.0.0.1/",
        "https://127.0.0.1\\.docs.example/",
        "https://docs.exa\tmple/",
        "https://docs.example\n.evil.example/",
        "https://docs.example/\x00",
        "https://docs.example\u202e/",
        "https://docs%2eexample/",
        "https://docs.example:99999/",
        "https://docs.example:-1/",
        "https://docs.example:80:80/",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "http://[::ffff:127.0.0.1]x/",
        "http://0/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://127.0.0.0x1/",
        "http://127.0.0.1./",
        "http://a..example/",
        "http://-a.example/",
        "http://a b.example/",
        "http://" + "a" * 64 + ".example/",
        "https://docs.example/" + "a" * LONGEST,
        "https://docs.example/\ud800",
    ],
)
def test_whatever_two_parsers_could_read_differently_is_refused(text: str) -> None:
    with pytest.raises(FetchRefused):
        parsed(text)


def test_the_host_of_every_whatwg_url_is_the_standards_or_it_is_refused() -> None:
    rows = [row for row in json.loads((SHARED / "whatwg_urltestdata.json").read_text("utf-8")) if isinstance(row, dict)]
    agreed = 0
    for row in rows:
        try:
            url = followed(parsed(row["base"]), row["input"]) if row["base"] else parsed(row["input"])
        except FetchRefused:
            continue
        assert not row.get("failure"), row
        assert url.raw_host == row["hostname"].strip("[]"), row
        agreed += 1
    assert agreed > 120


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b", "https://docs.example/b"),
        ("b?x=1#y", "https://docs.example/a/b?x=1"),
        ("../c", "https://docs.example/c"),
        ("?q", "https://docs.example/a/?q"),
        ("//other.example/x", "https://other.example/x"),
        ("http://other.example", "http://other.example/"),
    ],
)
def test_redirects_are_followed_as_written(location: str, target: str) -> None:
    assert followed(URL("https://docs.example/a/"), location) == URL(target)


@pytest.mark.parametrize("location", ["///other.example", "/\\o.example", "\\\\o.example", "javascript:alert(1)"])
def test_redirects_that_browsers_would_mend_are_refused(location: str) -> None:
    with pytest.raises(FetchRefused):
        followed(URL("https://docs.example/a/"), location)
