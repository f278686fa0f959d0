"""Which part of an export a session belongs to: decided by its id alone, so it never moves as more is collected."""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal

Split = Literal["train", "validation", "test"]

SHARES: tuple[tuple[Split, float], ...] = (("train", 0.8), ("validation", 0.9), ("test", 1.0))
"""Each split up to this share of all sessions."""


def place_of(session_id: str) -> float:
    """Where a session stands among all: even over 0 to 1, and always the same."""
    return int.from_bytes(blake2b(session_id.encode(), digest_size=8).digest()) / 2**64


def split_of(session_id: str) -> Split:
    """A dialogue is in one split as a whole: its turns are too much alike to test one with what another taught."""
    place = place_of(session_id)
    return next(split for split, upto in SHARES if place < upto)
