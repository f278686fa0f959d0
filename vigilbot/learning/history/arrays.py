"""A JSON array read one element at a time: the memory it takes does not depend on how long it is."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST_ELEMENT = 2**20
"""Characters of one element; a message has a few thousand."""

_DECODER = json.JSONDecoder()
_BETWEEN = " \t\r\n,"
_CLOSED = ("}", "]", '"')
"""Whatever ends so has ended …"""
_ENDS = frozenset(_BETWEEN + "]")
"""… and a number, which might go on, before one of these."""


def elements(chunks: Iterable[bytes]) -> Iterator[object]:
    """The elements of one array, as they come. Raises ValueError in words when that is not what the bytes hold."""
    source = _Text(chunks)
    if source.skip() != "[":
        raise ValueError("is not a JSON array")
    source.at += 1
    number = 0
    while (sign := source.skip()) != "]":
        number += 1
        if not sign:
            raise ValueError(f"ends in the middle, after element {number - 1}")
        yield source.element(number)


class _Text:
    """The part of a text that has been read and not yet used, from `at`."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._over = False
        self.at = 0

    def skip(self) -> str:
        """The next sign that is neither white space nor comma; empty at the end."""
        while True:
            while self.at < len(self._text):
                if self._text[self.at] not in _BETWEEN:
                    return self._text[self.at]
                self.at += 1
            if not self._more():
                return ""

    def element(self, number: int) -> object:
        wanted = 0
        while True:
            if len(self._text) - self.at < wanted and self._more():
                continue
            try:
                value, end = _DECODER.raw_decode(self._text, self.at)
            except json.JSONDecodeError:
                self._may_go_on(number)
            except (ValueError, RecursionError):
                raise ValueError(f"element {number} is nested too deeply or holds too large a number") from None
            else:
                if self._over or self._text[end - 1] in _CLOSED or self._text[end : end + 1] in _ENDS:
                    self.at = end
                    return value
            wanted = 2 * (len(self._text) - self.at)  # doubled, so that a long element is not parsed over and over
            if not self._more():
                self._over = True

    def _may_go_on(self, number: int) -> None:
        if self._over:
            raise ValueError(f"is not JSON from element {number} on")
        if len(self._text) - self.at > LARGEST_ELEMENT:
            raise ValueError(f"element {number} is broken, or longer than a megabyte")

    def _more(self) -> bool:
        if self._over:
            return False
        chunk = next(self._chunks, None)
        try:
            text = self._decoder.decode(chunk or b"", final=chunk is None)
        except UnicodeDecodeError:
            raise ValueError("is not UTF-8 text") from None
        self._text = self._text[self.at :] + text
        self.at = 0
        self._over = chunk is None
        return not self._over
