"""Structured personal data, held to its own check digits and to the words around it.

Kept on purpose, because an answer is worthless without them and they point to nobody: role addresses (support@…),
example addresses, `git@host`, private and documentation networks, well-known resolvers, version numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.safety.redaction import internet, numbers
from vigilbot.safety.redaction.shapes import places

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGITS = re.compile(r"[+(]{0,2}\d[\d .()/x\t-]{5,80}+")
"""Wherever a number long enough for any of this may stand."""
_AROUND = 2
"""Characters behind such a stretch that decide whether the number ends there."""


def found(text: str, lower: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of every piece of personal data."""
    for at in places("@", text):
        if span := internet.email(text, at):
            yield *span, "e-mail"
    for stretch in _DIGITS.finditer(text):
        start, end = stretch.start(), stretch.end() + _AROUND
        yield from numbers.found(text, lower, start, end)
        yield from internet.ipv4(text, lower, start, end)
    yield from numbers.ibans(text)
    if text.count(":") > 1:
        yield from internet.ipv6(text)
