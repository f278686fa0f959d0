"""What "it" means before anything was said: "how do I install it?" opens a session, so it asks about the product.

The product is what the scope text speaks of first: `Acme Cloud: virtual machines, storage and billing`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.reasoning.extractive import vocabulary as v
from vigilbot.reasoning.extractive.cues import content_words, only_announces, unwrapped
from vigilbot.reasoning.extractive.reactions import HOLDING
from vigilbot.reasoning.extractive.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vigilbot.models import Dialogue, Message

LONGEST_NAME = 4
"""Words; what is longer describes rather than names."""
SAID_SOMETHING = 2
"""Words of substance in one sentence, from which it speaks of something that "it" may mean."""

_ABOUT = re.compile(
    r"^\W*(?:(?:all|any|questions?|everything|anything|help|support|problems?|issues?)\s+)*"
    r"(?:(?:about|on|for|with|regarding|concerning|around)\s+)?(?:the\s+)?",
    re.IGNORECASE,
)
_END_OF_NAME = re.compile(r"[:;,.!?(\n\u2013\u2014]|\s-\s")
_CALLED = re.compile(r"\b(?:this|our)\s+(?:[a-z]+\s+)?([a-z]{3,})\b(?=\s*(?:[,.;:)]|$))", re.IGNORECASE)
"""What the scope calls the product beside its name: "using this support bot, …" makes it a bot."""
_EMPTY_IT = (
    r"(?!['’]?s?\s+(?:not\s+)?(?:im)?possible\b|\s+(?:rain|snow)\w*"
    r"|\s+(?:so\s+|too\s+|very\s+)?(?:hot|cold|warm|late)\b)"
)
_PLACEHOLDER = (
    rf"(?<!\btime is )(?<!\bday is )\bit\b{_EMPTY_IT}|\bthis(?:\s+thing)?(?=\W*$|\s*[,.;!?])|\bthis\s+thing\b"
)
_OWN_CLAUSE = re.compile(r"[,.:;!?\n]\s|\s(?:and|but|then)\s", re.IGNORECASE)


def name_in(scope: str) -> str:
    """The product's name at the head of a scope text; empty when the text begins with no name."""
    head = _END_OF_NAME.split(scope.strip(), maxsplit=1)[0]
    name = _ABOUT.sub("", head).strip()
    return name if len(name.split()) <= LONGEST_NAME else ""


def named(text: str, scope: str, history: Sequence[Message]) -> str:
    """The text with the product's name where it points at nothing that was said; else unchanged."""
    name = name_in(scope)
    if not name or name.lower() in text.lower() or any(map(_says_something, history)):
        return text
    called = "|".join(re.escape(noun) for noun in _CALLED.findall(scope))
    pattern = _PLACEHOLDER + (rf"|\b(?:the|this)\s+(?:{called})\b" if called else "")
    pointer = re.search(pattern, text, re.IGNORECASE)
    if pointer is None or _speaks(_OWN_CLAUSE.split(text[: pointer.start()])[:-1]):
        return text
    return re.sub(pattern, name, text, flags=re.IGNORECASE)


def beside(text: str, dialogue: Dialogue) -> str:
    """The text without the product's name, if no customer has said that name."""
    name = name_in(dialogue.scope)
    said = (message.text.lower() for message in dialogue.messages if message.role == "customer")
    if not name or any(name.lower() in one for one in said):
        return text
    return re.sub(re.escape(name), "", text, flags=re.IGNORECASE)


def _says_something(message: Message) -> bool:
    """Whether a message names anything; an offer to help does not, nor a greeting, a promise or an announcement."""
    if message.role == "bot":
        return True
    return any(
        len(_named_things(unwrapped(one))) >= SAID_SOMETHING
        for one in sentences(message.text)
        if not (re.search(v.OFFER, one, v.FLAGS) or HOLDING.search(one) or only_announces(one))
    )


def _speaks(clauses: Iterable[str]) -> bool:
    return any(_named_things(clause) for clause in clauses)


def _named_things(text: str) -> set[str]:
    return {word for word in content_words(text) if len(word) > 2 and word not in v.LITTLE | v.ANNOUNCING}
