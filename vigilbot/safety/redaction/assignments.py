"""Values that somebody has named a secret, in any notation people paste into a support thread.

YAML, JSON, environment files, code, command-line flags, HTTP headers, XML, and plain sentences ("the password is …").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.safety.redaction.names import VENDORS, WORDS, Strength, strength_of
from vigilbot.safety.redaction.shapes import places
from vigilbot.safety.redaction.values import is_chosen, is_mixed, is_nothing, is_random

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEFORE = re.compile(r"(?: (?=ipa|terces|etavirp|ssecca|tnuocca|htua))?[\w.-]{0,40}+")
"""The beginning of a name, read backwards."""
_REST = re.compile(r"[\w.\[\]-]{0,40}+")
_LINK = re.compile(
    r"""(?:\\?["'`\])]){0,3}+[ \t]{0,4}+(?:"""
    r"""(?P<sign>=>|[!=]={1,2}|:{0,3}=|\?=|:|\|\|(?=[ \t]*["'])|,(?=[ \t]{0,4}\\?["'])|\((?=[ \t]*\\?["'])|>(?!\s))"""
    r"""|(?P<prose>(?<=[ \t])(?:is|was)\b[ \t:]{0,3}+)"""
    r"""|(?P<space>(?<=[ \t])(?=[\w"'`$@!+/~-])))"""
    r"""[ \t]{0,8}+@?""",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"""\\"(?P<escaped>[^"\\\n]{0,400}+)"""
    r'''|"(?P<double>(?:\\.|[^"\\\n]){0,400}+)"'''
    r"""|'(?P<single>(?:\\.|[^'\\\n]){0,400}+)'"""
    r"""|`(?P<back>[^`\n]{0,400}+)`"""
    r"""|["'`]?(?P<bare>(?:(?!&[\w.-]{1,30}=)[^\s<]){1,500}+)"""
)
_HEADER = re.compile(r"(?:proxy-)?authorization|x-auth-token")
_CREDENTIALS = re.compile(
    r"""["'`]?(?:[A-Za-z][\w-]{2,20}[ \t]{1,4}+)?"""
    r"""(?P<bare>(?=[^\s"'`,]{1,200}?[\d=~+/A-Z])[^\s"'`,\\<{\[$(*.][^\s"'`,\\]{7,4000}+)"""
)
"""What stands behind a scheme such as `Bearer`; "Basic authentication" does not."""
_REVERSED = re.compile(
    r"""(?P<quote>["'])(?P<value>[^"'\n]{4,200}+)(?P=quote)[ ]{0,3}[!=]={1,2}[ ]{0,3}(?P<name>[\w.]{1,40}+)"""
)
_LONG = 64
"""Characters of a refused value beyond which no further names are looked for in it; so no text is read twice."""
_TRAILING = ".,;:!?)]}\"'`\\"
_UNITS = re.compile(
    r"(?:sha|md|aes|base|utf|http|k8s|oauth|rsa|tls|ssl|v|ipv|iso|x\.?509|ed25519)[-_]?\d", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Assignment:
    name: str
    strength: Strength
    link: re.Match[str]
    value: str
    quoted: bool


def secrets(text: str, lower: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, rule) of every value that is named a secret and looks like one."""
    reached = 0
    named = [word for word in (*WORDS, *VENDORS) if word in lower]
    for position in sorted(place for word in named for place in places(word, lower)):
        if position >= reached:
            start, end, reached = _named(text, lower, position)
            if start < end:
                yield start, end, "named so"
    for found in _REVERSED.finditer(text) if "==" in text or "!=" in text else ():
        if strength_of(found["name"].lower()) == "strong" and not is_nothing(found["value"]):
            yield *found.span("value"), "compared"


def _named(text: str, lower: str, position: int) -> tuple[int, int, int]:
    """(start, end) of the secret that belongs to the name around `position`, both 0 when none; and where to look on."""
    rest = _REST.match(lower, position)
    end = rest.end() if rest else position
    link = _LINK.match(text, end)
    if not link or link.end() == end:
        return 0, 0, end
    before = _BEFORE.match(lower[max(0, position - 48) : position][::-1])
    name = (before[0][::-1] if before else "") + lower[position:end]
    if link["space"] is not None and not _may_follow(name, text[link.end() : link.end() + 1]):
        return 0, 0, end
    strength = strength_of(name)
    if strength is None:
        return 0, 0, end
    if link["sign"] and _HEADER.fullmatch(name):
        return _credentials(text, link.end())
    return _judged(text, name, strength, link)


def _credentials(text: str, position: int) -> tuple[int, int, int]:
    """The same, for what an HTTP header carries behind its scheme."""
    found = _CREDENTIALS.match(text, position)
    if not found or is_nothing(found["bare"]):
        return 0, 0, position
    return (*found.span("bare"), found.end())


def _judged(text: str, name: str, strength: Strength, link: re.Match[str]) -> tuple[int, int, int]:
    """The same, for the value behind `link`."""
    found = _VALUE.match(text, link.end())
    if not found or not found.lastgroup:
        return 0, 0, link.end()
    quoted = found.lastgroup != "bare"
    value = found[found.lastgroup] if quoted else _trimmed(found["bare"])
    start = found.start(found.lastgroup)
    if _is_secret(_Assignment(name, strength, link, value, quoted)):
        return start, start + len(value), found.end()
    return 0, 0, found.end() if len(value) > _LONG else link.end()


def _may_follow(name: str, first: str) -> bool:
    """After a space alone only a flag's value follows, or something quoted, or what a bearer carries."""
    return name.startswith("-") or first in "\"'`" or name == "bearer"


def _trimmed(value: str) -> str:
    return value.rstrip(_TRAILING) if not value.endswith("()") else value


def _is_secret(found: _Assignment) -> bool:
    """Whether the value looks like one; the cheap questions first."""
    likely = is_random(found.value) if found.strength == "vendor" else _is_likely(found)
    return likely and not is_nothing(found.value)


def _is_likely(found: _Assignment) -> bool:
    value, named = found.value, found.link["sign"] is not None
    if is_random(value):
        return True
    if found.strength == "weak" or found.link["sign"] == ",":
        return named and is_mixed(value)
    if _repeats(found.name, value) or not any(character.isalnum() for character in value):
        return False
    if found.quoted:
        return len(value) >= 4
    if not named:
        return any(character.isdigit() for character in value) and is_chosen(value) and not _UNITS.match(value)
    tight = found.link[0] == "="
    return is_chosen(value) or (tight and len(value) >= 6 and value.isalnum())


def _repeats(name: str, value: str) -> bool:
    """`password = "user_password"`: a label, or another variable's name."""
    plain = value.lower().strip("*_")
    words = ("password", "passwd", "secret", "token", "key", name.strip("_-.[]"))
    return (
        plain.isascii() and plain.replace("_", "").replace("-", "").isalnum() and any(word in plain for word in words)
    )
