"""A tool's result as text that may be shown and stored: an outsider wrote it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.safety.outgoing import INVISIBLE
from vigilbot.safety.redaction.redact import redacted

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_CHARS = 4_000
_ANSI = re.compile(r"\x1b\[[0-9;?]{0,16}[A-Za-z]")
_BLANK_LINES = re.compile(r"\n\s*\n\s*\n+")


def cleaned(texts: Iterable[str]) -> str:
    """The texts as one: without control characters, secrets and personal data, and cut to MAX_CHARS.

    Redaction sees more than is kept, so that no secret is cut in two and passes for none.
    """
    whole = "\n".join(texts)[: 2 * MAX_CHARS]
    plain = redacted(INVISIBLE.sub("", _ANSI.sub("", whole.replace("\r\n", "\n")))).text
    plain = _BLANK_LINES.sub("\n\n", plain).strip()
    return plain if len(plain) <= MAX_CHARS else f"{plain[:MAX_CHARS].rstrip()}\n[… cut off here …]"
