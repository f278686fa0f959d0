"""What looks the same is stored, indexed and asked the same."""

from __future__ import annotations

import pytest

from vigilbot.knowledge.texts import normalised


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pass\u200bword", "password"),
        ("\ufeffstart", "start"),
        ("ad\u00admin", "admin"),
        ("a\u202eb\u2066c", "abc"),
        ("lo\u200dgin", "login"),
        ("cafe\u0301", "café"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x00b\x1b[31mc\td", "ab[31mc\td"),
        ("half \ud83d", "half "),
        ("👩\u200d💻 writes", "👩\u200d💻 writes"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_invisible_characters_go_and_what_shapes_a_script_stays(text: str, expected: str) -> None:
    assert normalised(text) == expected
    assert normalised(expected) == expected
