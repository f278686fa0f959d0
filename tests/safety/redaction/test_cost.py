"""Time is linear in the text, whatever is in it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigilbot.safety.redaction.names import WORDS
from vigilbot.safety.redaction.redact import redacted
from vigilbot.safety.redaction.shapes import starts

ATOMS = [
    "a", "1", "1 ", "1-", "+1", "(1", "1.", "A1", "GB11", "4111 1111 1111 ", "call me at ", "ab12", "|", "::", "1:",
    "@", "a@", "a@a.", "a.", "=", '"', "'", '\\"', "\\n", " ", "\n", "İ", "://a:", "https://a:a@", "curl -u ",
    "curl \\\n", "key: ", "key=", 'token="', "password is ", "password: ", 'api_key=\\"', 'x="pass" == ', '"aaaa" == ',
    "Authorization: Bearer ", "cookie: a=", "eyJa.", "-----BEGIN PRIVATE KEY-----", "mysql -u ", "docker login ",
    "kind: Secret\ndata:\n  a: bbbb\n", "kind: secret data:{a:bbbb,", "{{", "${", "&x-amz-signature=",
]  # fmt: skip


def seconds(text: str) -> float:
    started = time.process_time()
    redacted(text)
    return time.process_time() - started


@pytest.mark.parametrize("atom", sorted({*ATOMS, *WORDS, *starts()}))
def test_hostile_repetition_costs_no_more_than_its_length(atom: str) -> None:
    """40 KB in a fraction of a second, on a busy machine too; a quadratic pattern would take many seconds."""
    text = (atom * (40_000 // len(atom) + 1))[:40_000]
    assert min(seconds(text), seconds(text)) < 0.5


def test_ordinary_text_is_cheap() -> None:
    text = "It says error 42 at line 17 of settings.py when I start it; what does that mean?\n" * 1250
    assert min(seconds(text) for _ in range(3)) < 0.25
    message = "hello, how do I configure the thing? It says error 42 at line 17 of settings.py"
    assert min(seconds(message) for _ in range(20)) < 0.002


@given(st.text(alphabet=st.sampled_from("aA1 =:\"'@.-_/\\\n{}$<>[]()İé\ud800"), max_size=300))
def test_any_text_is_survived_and_only_findings_change(text: str) -> None:
    result = redacted(text)
    kept, position = [], 0
    for finding in result.findings:
        kept.append(text[position : finding.start])
        position = finding.end
    kept.append(text[position:])
    for piece in kept:
        assert piece in result.text
