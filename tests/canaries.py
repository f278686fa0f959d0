"""Secrets of several kinds, made up when a test runs and different for each place they are planted in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_LARGE, _SMALL = "QWRTZPSDFGHJKLXCVBNM", "qwrtzpsdfghjklxcvbnm"
KINDS = ("github", "aws", "password", "url", "bearer", "key")


@dataclass(frozen=True, slots=True)
class Canaries:
    """What is planted in one place: a text that holds a secret of each kind, on one line, and the secrets alone."""

    text: str
    secrets: tuple[str, ...]


def canaries(place: str) -> Canaries:
    """The same for the same place; each secret names no place, so a leak is looked up in `found`."""
    github, aws, password, login, bearer, key = (_drawn(place, kind) for kind in KINDS)
    text = (
        f"token ghp_{github[:36]} and AKIA{aws[:16].upper()}, password: {password[:14]}!7 "
        f"postgres://app:{login[:16]}@db.internal/shop Authorization: Bearer {bearer[:40]} "
        f"-----BEGIN PRIVATE KEY-----{key[:40]}-----END PRIVATE KEY-----"
    )
    return Canaries(text, (github[:36], aws[:16].upper(), password[:14], login[:16], bearer[:40], key[:40]))


def found(text: str, *places: str) -> list[str]:
    """The places and kinds of those canaries that stand in a text, whole or as their first or last twelve letters."""
    return [
        f"{kind} of {place}"
        for place in places
        for kind, secret in zip(KINDS, canaries(place).secrets, strict=True)
        if secret[:12] in text or secret[-12:] in text
    ]


def _drawn(place: str, kind: str) -> str:
    """Letters and digits that look drawn by a machine, with both in every stretch."""
    digest = hashlib.blake2b(f"{place}/{kind}".encode(), digest_size=32).digest()
    return "".join(f"{_LARGE[byte % 20]}{byte % 6 + 2}{_SMALL[byte % 20]}" for byte in digest)
