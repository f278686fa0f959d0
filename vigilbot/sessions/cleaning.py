"""What comes in leaves its secrets at the door: what is stored, shown and thought about holds `[secret]` instead.

Personal data stays: analysts need the address a customer gave them. It is kept out of prompts and of what is learnt.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from vigilbot.chat.base import AlertAnswered, MessageEdited, MessagePosted, SessionOpened
from vigilbot.safety.redaction.redact import without_secrets

if TYPE_CHECKING:
    from vigilbot.chat.base import ChatEvent

_LONG = 2_000
"""Characters beyond which it takes more than the event loop's millisecond."""


async def cleaned(event: ChatEvent) -> ChatEvent:
    """The event without the secrets that people wrote."""
    match event:
        case MessagePosted(text=text, title=title):
            return replace(event, text=await _clean(text), title=await _clean(title))
        case MessageEdited(text=text):
            return replace(event, text=await _clean(text))
        case SessionOpened(title=title):
            return replace(event, title=await _clean(title))
        case AlertAnswered(note=note):
            return replace(event, note=await _clean(note))
        case _:
            return event


async def _clean(text: str) -> str:
    return await asyncio.to_thread(without_secrets, text) if len(text) > _LONG else without_secrets(text)
