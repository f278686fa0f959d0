"""What a closed session teaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["keep", "delete", "update"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and its answer in generic words: no names of people or customers, no ids, no hosts."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a closed dialogue taught about one question. Without `pair` the analysts gave no definitive answer."""

    pair: Pair | None
    message_ids: tuple[str, ...]
    """The analysts' messages that hold the definitive answer, oldest first."""
    reason: str
    """In one sentence a person can read."""


@dataclass(frozen=True, slots=True)
class Review:
    """How a posted answer stood up to the dialogue that followed. `verdict` None: undecided, so nothing changes."""

    verdict: Verdict | None
    reason: str
    misleading: tuple[int, ...] = ()
    """For `delete` and `update`: numbers n of the turn's references (`<doc_n>`, from 1) that misled."""
    pair: Pair | None = None
    """For `update`: the question with its narrowed conditions, and the answer as it should have been."""
    message_ids: tuple[str, ...] = ()
    """The analysts' messages the verdict rests on."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a page an analyst shared is worth keeping as knowledge."""

    relevant: bool
    reason: str
