"""Is a page that an analyst shared worth keeping? It has to say something, and something near the session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.models import Judgement
from vigilbot.reasoning.extractive.cues import plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.models import Dialogue

NEAR_QUESTION = 0.3
NEAR_SCOPE = 0.35
FEWEST_WORDS = 12
SHORT = 150
"""Words; a page no longer than this is what its notice says it is."""
PASSAGE = 800
MOST_PASSAGES = 6
MOST_MESSAGES = 6

_TITLE = re.compile(
    r"\b(?:40[0134]|50[0234])\b|\b(?:page )?not found\b|\baccess denied\b|\bforbidden\b|\bunauthori[sz]ed\b"
    r"|^\W*(?:sign|log) ?-?in\b|\b(?:sign|log) ?-?in (?:to|required|page)\b|\bjust a moment\b|\battention required\b"
    r"|\bcaptcha\b|\bare you (?:a robot|human)\b|\bcookies? (?:consent|settings|preferences)\b|\bbefore you continue\b",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"\bpage (?:you (?:requested|are looking for)|could ?n[o']t be found|does ?n[o']t exist|not found)"
    r"|\b(?:enable|requires?|turn on) (?:javascript|cookies)\b|\b(?:sign|log) in (?:to (?:continue|your|view)|with)\b"
    r"|\b(?:accept|manage|reject) (?:all )?cookies\b|\bwe (?:use|value) (?:cookies|your privacy)\b"
    r"|\bforgot (?:your )?password\b"
    r"|\bchecking (?:if|your) (?:the )?(?:browser|site|connection)\b|\bverify (?:that )?you are (?:a )?human\b"
    r"|\brequest (?:was )?blocked\b|\byou do not have (?:permission|access)\b|\bsession (?:has )?expired\b",
    re.IGNORECASE,
)


def obstacle(title: str, text: str) -> Judgement | None:
    """The judgement of a page that says nothing by itself: empty, an error, a login or a consent form; else None."""
    words = len(text.split())
    if words < FEWEST_WORDS:
        return Judgement(False, "the page holds hardly any text")
    if _TITLE.search(title) and words <= 2 * SHORT:
        return Judgement(False, "the page is an error, a login or a consent form, by its title")
    if words <= SHORT and _NOTICE.search(text):
        return Judgement(False, "the page is an error, a login or a consent form")
    return None


def wanted(dialogue: Dialogue) -> list[str]:
    """What the page is held against: the scope, the turn, and the customers' last messages."""
    asked = [message.text for message in dialogue.messages if message.role == "customer"][-MOST_MESSAGES:]
    texts = [dialogue.turn_text, *asked]
    return [dialogue.scope or " ", *dict.fromkeys(plain(text, keep_code=True) or " " for text in texts)]


def passages(title: str, text: str) -> list[str]:
    """The title with each of the page's first passages."""
    starts = range(0, min(len(text), PASSAGE * MOST_PASSAGES), PASSAGE)
    return [f"{title}\n{text[start : start + PASSAGE]}".strip() for start in starts]


def judged(nearness: NDArray[np.float32], dialogue: Dialogue) -> Judgement:
    """`nearness`: for each text of `wanted`, the cosine of the page's nearest passage."""
    scope = float(nearness[0]) if dialogue.scope.strip() else 0.0
    question = float(nearness[1:].max()) if len(nearness) > 1 else 0.0
    if question >= NEAR_QUESTION:
        return Judgement(True, f"the page speaks of what the customer asked (likeness {question:.2f})")
    if scope >= NEAR_SCOPE:
        return Judgement(True, f"the page speaks of what is within scope (likeness {scope:.2f})")
    return Judgement(
        False, f"the page is far from the question and from the scope (likeness {max(question, scope):.2f})"
    )
