"""What a language model is shown of a text that somebody else wrote.

The latest texts are remembered: the messages of a session are rendered again and again. Redaction takes some 0.4 ms for
a thousand characters, so prompts are rendered in a thread.
"""

from __future__ import annotations

from functools import lru_cache

from vigilbot.safety.redaction.redact import redacted, without_secrets

_REMEMBERED = 512


@lru_cache(maxsize=_REMEMBERED)
def shown(text: str) -> str:
    """The text without secrets. What documentation says of addresses and telephones is what people ask for."""
    return without_secrets(text)


@lru_cache(maxsize=_REMEMBERED)
def shown_message(text: str) -> str:
    """What a person wrote, without secrets and personal data: no more than may be learnt of it."""
    return redacted(text).text
