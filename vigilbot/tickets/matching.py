"""Words and patterns that an admin looks for in messages, matched in linear time whatever the pattern is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import re2

from vigilbot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vigilbot.models import Message

LONGEST_PATTERN = 500
LONGEST_LINE = 300
"""Characters of a matching line that become evidence."""


class Pattern(Protocol):
    """What a compiled RE2 pattern can do, as far as it is needed here."""

    def search(self, text: str) -> object | None:
        """Something if it is found."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """Finds any of the keywords, or the pattern."""

    patterns: tuple[Pattern, ...]

    def finds(self, text: str) -> bool:
        return any(pattern.search(text) is not None for pattern in self.patterns)

    def line(self, messages: Iterable[Message]) -> str | None:
        """The latest line that matches, shortened; None when none does."""
        lines = [line.strip() for message in messages for line in message.text.splitlines()]
        return next((line[:LONGEST_LINE] for line in reversed(lines) if self.finds(line)), None)


def matcher(keywords: Sequence[str], pattern: str, where: str) -> Matcher:
    """Raises ConfigError naming `where` when the pattern is no RE2 pattern."""
    found: list[Pattern] = []
    if keywords:
        found.append(re.compile("|".join(map(_whole_words, keywords)), re.IGNORECASE))
    if pattern:
        found.append(_guarded(pattern, where))
    return Matcher(tuple(found))


def _whole_words(keyword: str) -> str:
    """`svip` is not found in `svips`; letters of scripts that are written without blanks have no such edge."""
    letter = "[0-9A-Za-z_]"
    before = f"(?<!{letter})" if re.match(letter, keyword) else ""
    after = f"(?!{letter})" if re.search(f"{letter}$", keyword) else ""
    return before + re.escape(keyword) + after


def _guarded(pattern: str, where: str) -> Pattern:
    """Compiled by RE2, which never backtracks: no pattern can hang triage (github.com/google/re2/wiki/Syntax)."""
    if len(pattern) > LONGEST_PATTERN:
        raise ConfigError(f"{where}: the pattern has {len(pattern)} characters; at most {LONGEST_PATTERN} fit")
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    try:
        compiled: Pattern = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        raise ConfigError(
            f"{where}: pattern {pattern!r} is none that RE2 knows ({said}); look-arounds and back-references are not"
        ) from None
    return compiled
