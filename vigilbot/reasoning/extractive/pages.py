"""Is a page that an analyst shared worth keeping?"""

from __future__ import annotations

import re

from vigilbot.models import Judgement

RELEVANT_FROM = 0.3

_NO_CONTENT = re.compile(
    r"\b(?:404|page not found|access denied|sign in|log ?in|enable javascript|cookie consent|captcha)\b",
    re.IGNORECASE,
)


def obstacle(title: str, text: str) -> Judgement | None:
    """The judgement where the page says nothing by itself: empty, a login form, an error page."""
    if len(text.split()) < 8:
        return Judgement(False, "the page holds hardly any text")
    if _NO_CONTENT.search(title):
        return Judgement(False, "the page is an error, a login or a consent form")
    return None
