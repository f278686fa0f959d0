"""The values of a Kubernetes Secret: whatever their names, all of them are secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.safety.redaction.values import is_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

_KIND = re.compile(r"""(?:^|[\s{,"'])kind["']?[ \t]{0,4}:[ \t]{0,4}["']?secret\b""")
_BLOCK = re.compile(
    r"""(?:^|(?<=[{,]))(?P<indent>[ \t]{0,20}+)["']?(?:data|stringdata)["']?[ \t]{0,4}:[ \t]{0,4}+"""
    r"""(?:\{[^{}]{0,20000}+\}|(?:\r?\n(?P=indent)[ \t]++[^\n]*+)++)""",
    re.MULTILINE,
)
_PAIR = re.compile(
    r"""[\w./-]{1,100}+["']?[ \t]{0,4}+:(?:[ \t]{0,4}[|>]-?)?\s{0,40}+["']?(?P<value>[^\s"',}]{4,4000}+)"""
)


def secrets(lower: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, rule) of every value below `data` or `stringData`, when the text has a manifest of kind Secret."""
    if "secret" in lower and "kind" in lower and _KIND.search(lower):
        for block in _BLOCK.finditer(lower):
            for pair in _PAIR.finditer(lower, block.start() + len(block["indent"]) + 4, block.end()):
                if not is_nothing(pair["value"]):
                    yield *pair.span("value"), "kubernetes secret"
