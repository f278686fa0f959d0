"""An array is read one element at a time, however its bytes are cut, and what is broken is said in words."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigilbot.learning.history.arrays import LARGEST_ELEMENT, elements

if TYPE_CHECKING:
    from collections.abc import Iterator

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(VALUES, max_size=8), st.integers(1, 9), st.booleans())
def test_whatever_json_writes_is_read_back(values: list[object], size: int, indented: bool) -> None:
    content = json.dumps(values, ensure_ascii=False, indent=2 if indented else None).encode("utf-8", "surrogatepass")
    try:
        content.decode()
    except UnicodeDecodeError:
        return
    assert list(elements(content[at : at + size] for at in range(0, len(content), size))) == values


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is not a JSON array"),
        (b'{"a": 1}', "is not a JSON array"),
        (b'[{"a": 1}, {"b"', "is not JSON from element 2 on"),
        (b'[{"a": 1},', "ends in the middle, after element 1"),
        (b'[{"a": 1}, nonsense]', "is not JSON from element 2 on"),
        (b"[\xff]", "is not UTF-8 text"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"9" * 5_000 + b"]", "too large a number"),
        (b'["' + b"x" * (LARGEST_ELEMENT + 10) + b"x" * 2**21, "longer than a megabyte"),
    ],
)
def test_broken_arrays(content: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        list(elements(content[at : at + 65_536] for at in range(0, len(content), 65_536)))


def test_only_what_is_needed_is_read() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        yield b"["
        while True:
            read += 1
            yield b'{"text": "again"},' * 10

    assert len(list(islice(elements(endless()), 1_000))) == 1_000
    assert read < 150
