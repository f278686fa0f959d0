"""What the words of a turn show without understanding it: asking, thanking, acknowledging, reporting, addressing.

Several languages' most common words are listed; the classifier weighs them beside the turn's embedding.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.reasoning.extractive import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.models import Message

OWN_NAMES = frozenset({"vigilbot", "vigil", "bot"})
"""What customers call us; a turn that starts with one of these is for us."""

_URL = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_MENTION = re.compile(r"<@(?P<id>\w+)(?:\|[^>]*)?>|(?<![\w.])@(?P<name>[A-Za-z][\w.-]+)")
_WORD = re.compile(r"\w+(?:['’]\w+)?")

_OPENING = re.compile(rf"^\s*(?:{v.GREETING}(?:\s+{v.GREETED})*\b[\s,.!:;~-]*)+", v.FLAGS)
_CLOSING = re.compile(
    rf"[\s,.!-]*\b(?:{v.THANKS}(?: (?:in advance|so much|a lot|very much|you))*|regards|plz|please)[\s.!:)]*$", v.FLAGS
)
_ANNOUNCED = re.compile(
    r"\b(?:help|assist\w*|support|questions?|ask|problems?|issues?|trouble|(?:any|some)(?:one|body))\b", v.FLAGS
)
_OFFER = re.compile(rf"\b{v.OFFER}\b", v.FLAGS)
_CUES = tuple(
    (name, re.compile(pattern, v.FLAGS))
    for name, pattern in (
        ("mark_at_end", r"[?？؟]\W*$"),
        ("mark", r"[?？؟¿]"),
        ("wh_first", rf"{v.LEAD_IN}{v.QUESTION_WORD}\b"),
        ("verb_first", rf"{v.LEAD_IN}{v.QUESTION_VERB}\b"),
        ("asks_within", rf"\b{v.ASKING}\b"),
        ("needs", rf"\b{v.NEED}\b"),
        ("fault", rf"\b{v.FAULT}\b"),
        ("thanks", rf"\b{v.THANKS}\b"),
        ("acknowledges", rf"^\W*{v.ACKNOWLEDGEMENT}\b"),
        ("will_try", rf"\b{v.INTENTION} (?:just |now )?{v.ATTEMPT}\w*\b|\b(?:{v.GIVING_IT_A_TRY})\b"),
        ("solved", rf"\b{v.SOLVED}\b"),
        ("tag_question", rf"{v.TAG}\s*[?!]+\W*$"),
        ("you_can", r"\b(?:can|could|would|will) (?:you|u|someone|anyone|somebody)\b"),
        ("emphatic", r"!|[:;]-?[)D(P]|\b(?:lol|haha|omg|wow|wtf)\b"),
        ("names_first", r"^\s*@?\w[\w-]{2,}\s*[:,]\s"),
        ("i_past", rf"\bi(?:'ve| have)? (?:just |already |also )?{v.DONE}\b"),
    )
)

NAMES: tuple[str, ...] = (
    *(name for name, _ in _CUES),
    "words",
    "one_or_two_words",
    "content_words",
    "no_content",
    "has_link_or_code",
    "addresses_participant",
    "asked_before",
    "answered_before",
    "short_after_question",
)
"""The names of the numbers in `cues()`, in their order."""


def plain(text: str, *, keep_code: bool = False) -> str:
    """The turn's words alone: mentions, links and (unless kept) code taken out, blanks joined."""
    bare = text if keep_code else _CODE.sub(" ", text)
    return " ".join(_MENTION.sub(" ", _URL.sub(" ", bare)).split())


def cues_of_text(text: str) -> dict[str, bool]:
    """Which cues one text shows by itself, by name."""
    words = plain(text)
    core = _OPENING.sub("", words) or words
    return {name: bool(pattern.search(core)) for name, pattern in _CUES}


def unwrapped(text: str) -> str:
    """The text without greeting in front and thanks behind; unchanged when nothing else is in it."""
    return _CLOSING.sub("", _OPENING.sub("", text)).strip() or text.strip()


def content_words(text: str) -> list[str]:
    """The words that carry something, once greetings, thanks and acknowledgements are gone."""
    rest = _OPENING.sub("", plain(text))
    return [word for word in (w.lower() for w in _WORD.findall(rest)) if word not in v.FILLER]


def only_announces(text: str) -> bool:
    """Whether the text says that there is something to ask, and not what: "I have a question", "can somebody help?"."""
    said = [word for word in content_words(text) if word not in v.LITTLE]
    return bool(_ANNOUNCED.search(text)) and all(word in v.ANNOUNCING for word in said)


def mentions(text: str) -> list[str]:
    """Ids (`<@U1>`) and names (`@bob`) mentioned, in order; our own names left out."""
    found = (match.group("id") or match.group("name") for match in _MENTION.finditer(_CODE.sub(" ", text)))
    return [who for who in found if who.lower() not in OWN_NAMES]


def cues(text: str, history: Sequence[Message]) -> NDArray[np.float32]:
    """The cue numbers of one turn in its dialogue, shape (len(NAMES),), float32, mostly 0 or 1."""
    tokens = _WORD.findall(plain(text))
    content = content_words(text)
    values = [float(shown) for shown in cues_of_text(text).values()]
    before = history[-1] if history else None
    replied = before is not None and before.role != "customer"
    asked = before is not None and replied and _wants_an_answer(before.text)
    authors = {message.author for message in history if message.role == "analyst"}
    values += [
        math.log1p(len(tokens)) / 3,
        float(len(tokens) <= 2),
        math.log1p(len(content)) / 3,
        float(not content),
        float(bool(_URL.search(text) or _CODE.search(text))),
        float(any(who in authors for who in mentions(text))),
        float(asked),
        float(replied and not asked),
        float(asked and len(tokens) <= 6),
    ]
    return np.array(values, dtype=np.float32)


def _wants_an_answer(said: str) -> bool:
    """Whether an analyst's message ends in a question other than an offer to help."""
    return bool(re.search(r"[?？]\W*$", _URL.sub(" ", said))) and not _OFFER.search(said)
