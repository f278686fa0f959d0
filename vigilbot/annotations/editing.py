"""An edit as what it is: the stretches of words an analyst replaced."""

from __future__ import annotations

import difflib
import re

from vigilbot.models import Rewording

WORDS = re.compile(r"\s+|\w+|[^\w\s]")


def rewordings(before: str, after: str) -> tuple[Rewording, ...]:
    """How `after` differs from `before`, in order; unchanged words are left out."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        Rewording("".join(old[a:b]), "".join(new[c:d]))
        for operation, a, b, c, d in matcher.get_opcodes()
        if operation != "equal"
    )
