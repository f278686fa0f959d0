"""Tokens known by their shape; the rules are data, in `shapes.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from vigilbot.safety.redaction.values import entropy, is_chosen, is_filled, is_stand_in, is_variable

Judge = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Shape:
    """One rule. `pattern` is tried only where `start` stands, or anywhere when `start` is empty."""

    name: str
    start: str
    pattern: re.Pattern[str]
    judge: Judge

    def matches(self, text: str) -> Iterator[re.Match[str]]:
        if not self.start:
            yield from self.pattern.finditer(text)
            return
        reached = 0
        for position in places(self.start, text):
            if position >= reached and (match := self.pattern.match(text, position)):
                reached = match.end()
                yield match


def secrets(text: str, lower: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, rule) of every token found; `lower` is the same text in lower case."""
    triggers = _triggers()
    likely = [shape for start, shape in triggers.exact if start in text]
    likely += [shape for word, shape in triggers.anywhere if word in lower]
    for shape in likely:
        group = "secret" if "secret" in shape.pattern.groupindex else 0
        for match in shape.matches(text):
            if shape.judge(match[group]):
                yield match.start(group), match.end(group), shape.name


def places(word: str, text: str) -> Iterator[int]:
    """Where a word stands: many times faster than a pattern, which is tried letter by letter."""
    position = text.find(word)
    while position >= 0:
        yield position
        position = text.find(word, position + len(word))


@dataclass(frozen=True, slots=True)
class _Triggers:
    """What must stand in a text for a rule to be tried. Flat, because most texts are short and hold none of it."""

    exact: tuple[tuple[str, Shape], ...]
    anywhere: tuple[tuple[str, Shape], ...]


@cache
def _triggers() -> _Triggers:
    exact, anywhere = [], []
    for rule in tomllib.loads((resources.files(__package__) / "shapes.toml").read_text("utf-8"))["shape"]:
        pattern, judge = re.compile(rule["pattern"]), JUDGES[rule.get("judge", "token")]
        exact += [(start, Shape(rule["name"], start, pattern, judge)) for start in rule.get("starts", ())]
        anywhere += [(word, Shape(rule["name"], "", pattern, judge)) for word in rule.get("words", ())]
    return _Triggers(tuple(exact), tuple(anywhere))


def starts() -> list[str]:
    """Every beginning of a token that is known by its shape."""
    return [start for start, _ in _triggers().exact]


def _token(value: str) -> bool:
    return entropy(value) >= 2.5 and not is_filled(value)


def _varied(value: str) -> bool:
    return _token(value) and entropy(value) >= 3 and any(character.isdigit() for character in value)


def _any(value: str) -> bool:
    return not is_variable(value)


def _login(value: str) -> bool:
    user, _, password = (part.strip("\"'") for part in value.strip("\"'").partition(":"))
    named = password or user
    if any(is_variable(part.removeprefix("{") if part.endswith("}") else part) for part in (user, password)):
        return False
    return len(named) >= 3 and not is_stand_in(named)


JUDGES: dict[str, Judge] = {"token": _token, "varied": _varied, "any": _any, "login": _login, "chosen": is_chosen}
