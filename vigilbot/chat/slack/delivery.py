"""`/vigilbot delivery suggest here`: how answers reach whom, in the words of a command."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, get_args

from vigilbot.chat.slack.channels import is_channel_id
from vigilbot.chat.slack.roles import is_user_id
from vigilbot.models import EVERYONE, Audience, DeliveryMode

if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = (
    "Say `/vigilbot delivery` and then: *proactive* (cards in the thread), *suggest* (only analysts see an answer, and "
    "post it), *shadow* (stored, shown to nobody) or *default*; and then for whom: nothing for this channel, "
    "*everyone*, a #channel or a @customer."
)
DEFAULT = "default"
SEQUENCE = re.compile(r"<[@#]([A-Z0-9]+)(?:\|[^>]*)?>")


@dataclass(frozen=True, slots=True)
class Choice:
    """How answers are to reach whom; `mode` None goes back to what holds for the wider audience."""

    audience: Audience
    mode: DeliveryMode | None


def parse(words: str, channel: str) -> Choice | None:
    """`words` follow `delivery`; `channel` is where they were said. None when they cannot be understood."""
    match words.split():
        case [mode, *whom] if mode in (*get_args(DeliveryMode), DEFAULT):
            audience = _audience(whom, channel)
            chosen = None if mode == DEFAULT else cast("DeliveryMode", mode)
            return Choice(audience, chosen) if audience else None
    return None


def audience_of(value: str) -> Audience:
    """An audience as a button of ours carries it."""
    return Audience(value)


def _audience(whom: Sequence[str], channel: str) -> Audience | None:
    if not whom or list(whom) == ["here"]:
        return Audience(f"channel:{channel}")
    if len(whom) > 1:
        return None
    named = SEQUENCE.fullmatch(whom[0])
    name = named[1] if named else whom[0]
    if name == EVERYONE:
        return EVERYONE
    if is_channel_id(name):
        return Audience(f"channel:{name}")
    return Audience(f"customer:{name}") if is_user_id(name) else None
