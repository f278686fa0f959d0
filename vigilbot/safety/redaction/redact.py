"""The text without secrets, or without structured personal data either; each is replaced by a mark of its kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

from vigilbot.safety.redaction import assignments, manifest, personal, shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Kind = Literal["secret", "e-mail", "phone", "card", "iban", "ip", "ssn"]
"""What a mark may say: `[secret]`, `[e-mail]`, …"""

MARK = re.compile(rf"\[({'|'.join(get_args(Kind))})\]")
"""The marks, each with its kind."""
_PERSONAL = frozenset(f"[{kind}]" for kind in get_args(Kind) if kind != "secret")


@dataclass(frozen=True, slots=True)
class Finding:
    """A piece that was replaced: where it stood in the original text, and why. Never the piece itself."""

    kind: Kind
    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text that may be stored, and what was taken out of it, in order."""

    text: str
    findings: tuple[Finding, ...]


def redacted(text: str) -> Redacted:
    """The text with typed marks in place of secrets and personal data. Never raises; time is linear in its length."""
    lower = _lower(text)
    return _marked(text, [*_secrets(text, lower), *_personal(text, lower)])


def without_secrets(text: str) -> str:
    """The text with `[secret]` in place of secrets alone. Never raises; time is linear in its length."""
    return _marked(text, list(_secrets(text, _lower(text)))).text


def behind(mark: str, texts: Iterable[str]) -> set[str] | None:
    """The personal data for which `redacted` puts this mark into these texts; None when it is no such mark."""
    if mark not in _PERSONAL:
        return None
    return {text[one.start : one.end] for text in texts for one in redacted(text).findings if f"[{one.kind}]" == mark}


def _marked(text: str, found: list[Finding]) -> Redacted:
    findings = _apart(sorted(found, key=lambda finding: (finding.start, -finding.end)))
    pieces, position = [], 0
    for finding in findings:
        pieces += [text[position : finding.start], f"[{finding.kind}]"]
        position = finding.end
    return Redacted("".join([*pieces, text[position:]]), tuple(findings)) if findings else Redacted(text, ())


def _lower(text: str) -> str:
    """The text in lower case, every letter in its old place."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters grow
        lower = "".join(character.lower() if character.isascii() else character for character in text)
    return lower


def _secrets(text: str, lower: str) -> Iterator[Finding]:
    for start, end, rule in (
        *shapes.secrets(text, lower),
        *assignments.secrets(text, lower),
        *manifest.secrets(lower),
    ):
        yield Finding("secret", start, end, rule)


def _personal(text: str, lower: str) -> Iterator[Finding]:
    for start, end, kind in personal.found(text, lower):
        yield Finding(cast(Kind, kind), start, end, kind)


def _apart(findings: list[Finding]) -> list[Finding]:
    """Overlapping findings of one kind become one; of two kinds the secret stands, else the first."""
    kept: list[Finding] = []
    for finding in findings:
        last = kept[-1] if kept else None
        if last is None or finding.start >= last.end:
            kept.append(finding)
        elif finding.kind == last.kind:
            kept[-1] = Finding(last.kind, last.start, max(last.end, finding.end), last.rule)
        elif finding.kind == "secret":
            kept[-1] = finding
    return kept
