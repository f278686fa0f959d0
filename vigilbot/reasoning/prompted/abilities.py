"""What an endpoint turns out to be able to do, learnt from what it refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from vigilbot.reasoning.prompted.faults import EndpointFault
    from vigilbot.reasoning.prompted.gateway import ModelFacts

DEFAULT_CHARS = 40_000
"""Budget for everything untrusted in one prompt; some 10,000 tokens of English."""
LEAST_CHARS = 2_000
_CHARS_PER_TOKEN = 2
"""Low on purpose: Chinese runs at one to two characters a token, and instructions and the reply need room too."""

Feature = Literal["images", "schema", "temperature"]
_NAMED: tuple[tuple[Feature, re.Pattern[str]], ...] = (
    ("images", re.compile(r"image|vision|multi-?modal", re.IGNORECASE)),
    ("schema", re.compile(r"response_?format|json_?schema|structured|grammar", re.IGNORECASE)),
    ("temperature", re.compile(r"temperature", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What may be asked of one model: JSON by schema, pictures, a temperature, and prompts of so many characters."""

    images: bool = True
    schema: bool = True
    temperature: bool = True
    chars: int = DEFAULT_CHARS

    @classmethod
    def of(cls, facts: ModelFacts) -> Self:
        tokens = facts.max_input_tokens
        chars = DEFAULT_CHARS if tokens is None else max(LEAST_CHARS, min(DEFAULT_CHARS, tokens * _CHARS_PER_TOKEN))
        return cls(images=facts.sees_images, chars=chars)

    def after(self, fault: EndpointFault, *, pictured: bool) -> Self | None:
        """What to try next when a request was refused so; None when asking for less would not help.

        `pictured` says whether the refused request carried pictures.
        """
        if fault.kind == "context":
            return replace(self, chars=self.chars // 4) if self.chars // 4 >= LEAST_CHARS else None
        if fault.kind != "bad_request":
            return None
        in_use: list[Feature] = [name for name, _ in _NAMED if getattr(self, name) and (name != "images" or pictured)]
        named = [name for name, pattern in _NAMED if name in in_use and pattern.search(fault.detail)]
        blamed = (named or in_use)[:1]
        return replace(self, **dict.fromkeys(blamed, False)) if blamed else None

    def lasting(self, before: Abilities) -> Abilities:
        """What to remember for the next request: a picture or a dialogue may be at fault only this once."""
        return replace(self, images=before.images, chars=before.chars)
