"""Words that serve the next customer: people, ids, hosts and small talk taken out of a question and its answer.

Secrets and structured personal data are taken out afterwards, by `safety/`; here goes what only this dialogue tells.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.reasoning.extractive import vocabulary as v
from vigilbot.reasoning.extractive.cues import unwrapped
from vigilbot.reasoning.extractive.reactions import CORRECTION, HOLDING, says_little
from vigilbot.reasoning.extractive.rewriting import IDENTIFIERS, stripped
from vigilbot.reasoning.extractive.sentences import is_code, sentences

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MOST_ANSWER = 4000
"""Characters of an answer; what is longer is a document, not an answer."""

_LINK = re.compile(r"<?(https?://[^\s|>]+)(?:\|[^>]*)?>?")
_MENTION = re.compile(
    r"<[@!#][^>]*>\s*[:,]?\s*|(?m:^\s*@[A-Za-z][\w-]+(?![\w/(])\s*[:,]?\s*)"
    r"|(?<=\b(?:hi|cc|by) )@[A-Za-z][\w.-]+\s*[:,]?\s*|(?<=\b(?:ask|hey) )@[A-Za-z][\w.-]+\s*[:,]?\s*"
    r"|(?<=\bthanks )@[A-Za-z][\w.-]+\s*[:,]?\s*"
)
"""A name behind `@` only where people are called: elsewhere it may be a decorator or a package."""
_ADDRESSES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<email>"),
    (re.compile(r"(?<![\w.])(?!127\.|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)"), "<address>"),
    (re.compile(r"\b(?:[\w-]+\.)+(?:internal|local|lan|corp|intra|intranet|private|home)\b", re.IGNORECASE), "<host>"),
    (re.compile(r"\b(?:[a-z][a-z0-9]*-)+(?:[a-z]{0,4}\d{1,4})(?:\.[a-z0-9-]+)+\b"), "<host>"),
    (re.compile(r"\b(?:ip-\d+(?:-\d+)+|(?:host|node|srv|server|vm|web|db|pod)-?\d{2,}\w*)\b", re.IGNORECASE), "<host>"),
    (re.compile(r"(?<=/home/)[\w.-]+|(?<=/Users/)[\w.-]+|(?<=\\Users\\)[^\\\s]+"), "<user>"),
)
_GREETED = re.compile(rf"^\s*{v.GREETING}\s+[A-Z][\w'-]+(?:\s+[A-Z][\w'-]+)?\s*[,!:.-]+\s*", re.IGNORECASE)
_INTRODUCED = re.compile(
    r"\b(?:[Tt]his is|I'm|I am|[Mm]y name is)\s+[A-Z][a-z]+(?:\s+[A-Z][a-z]+)?"
    r"(?:,?\s+(?:from|at|of|with)\s+(?:[A-Z][\w&-]*\s?)+)?(?=[.,;:!]|\s+(?:and|here)\b|\s*$)(?:\s+here)?[.,;:!]?\s*(?:and\s+)?"
)
_EMPLOYER = re.compile(r"\b([Ww]e|[Uu]s|[Hh]ere)(?:\s+here)?\s+at\s+(?:[A-Z][\w&-]*\s?)+")
_SIGNED = re.compile(r"[\s,.!-]*\b(?:regards|cheers|thanks|thank you|best)\s*,\s*[A-Z][a-z]+\W*$")
_FILLER = v.one_of("ok(?:ay)?|so|ah+|oh+|hm+|well|sure|yeah|alright|right|sorry|no worries|no problem|np|good question")
_LEAD = re.compile(rf"^\W*(?:{_FILLER}\b[\s,.!:-]+)+", re.IGNORECASE)
_HELLO = rf"{v.GREETING}(?: [@\w'-]+)?(?:,? (?:how can (?:i|we) help|how are (?:you|things))\b.*)?"
_SMALL_TALK = re.compile(
    r"^\W*(?:"
    + v.one_of(r"""
    (?:i )?hope (?:that|this|it) helps?|let (?:me|us) know\b.*|(?:just )?(?:shout|ping me|give (?:me|us) a shout)\b.*
    (?:you'?re|ur) welcome|no problem|np|any ?time|good luck|have fun|happy to help|glad (?:i|we|that|it)\b.*
    thanks? (?:you )?for (?:reporting|letting|waiting|your patience|the)\b.*|sorry (?:for|about) (?:that|the|this)\b.*
    welcome(?: to)?\b.{0,30}|lol|haha\w*|[:;]-?[)D(P]
    """)
    + rf"|{_HELLO})\W*$",
    re.IGNORECASE,
)
_SMILEY = re.compile(r"\s*(?<!\w)[:;]-?[)D(P](?!\w)")


def generic_question(text: str, people: Collection[str]) -> str:
    """The question without names, ids, hosts and introductions."""
    bare = _EMPLOYER.sub(r"\1 ", _INTRODUCED.sub("", _GREETED.sub("", text)))
    return _tidy(_addressless(without_people(stripped(bare), people)))


def generic_answer(texts: Sequence[str], people: Collection[str]) -> str:
    """The answer's messages as one text: mentions, small talk, names out; ids, addresses and hosts generalised.

    Links stay: an analyst's link is often the answer itself.
    """
    said = [_message(text, people) for text in texts]
    return "\n".join(dict.fromkeys(one for one in said if one))[:MOST_ANSWER].strip()


def is_small_talk(text: str) -> bool:
    """Whether a message is a welcome, a farewell or a kindness, and nothing else."""
    return any(_SMALL_TALK.match(form) for form in (text, unwrapped(text)))


def without_people(text: str, people: Collection[str]) -> str:
    """The text without mentions and the participants' names."""
    bare = _MENTION.sub("", text)
    names = sorted((re.escape(name) for name in people if len(name) > 2), key=len, reverse=True)
    if not names:
        return bare.strip()
    return re.sub(rf"(?<![\w/.-])(?:{'|'.join(names)})(?![\w/-])\s*[:,]?\s*", "", bare, flags=re.IGNORECASE).strip()


def _message(text: str, people: Collection[str]) -> str:
    linked = _SIGNED.sub("", _LINK.sub(r"\1", text))
    bare = _addressless(_GREETED.sub("", without_people(_GREETED.sub("", linked), people)))
    kept = [one if is_code(one) else _sentence(one) for one in sentences(bare)]
    return _tidy("\n".join(one for one in kept if one) if "\n" in bare else " ".join(one for one in kept if one))


def _sentence(sentence: str) -> str:
    """One sentence without what is only said to this person now; empty when nothing else is in it."""
    if is_small_talk(sentence) or (HOLDING.search(sentence) and len(sentence.split()) <= 12):
        return ""
    taken_back = CORRECTION.search(sentence)
    rest = sentence[taken_back.end() :].lstrip(" ,;:.-–—") if taken_back else sentence
    bare = _SMILEY.sub("", _LEAD.sub("", rest)).strip()
    return "" if not bare or (says_little(bare) and says_little(rest) and len(sentence.split()) > 1) else bare


def _addressless(text: str) -> str:
    """E-mail and network addresses, internal hosts, user folders and instance ids by what they are; links untouched."""
    pieces = re.split(r"(https?://\S+)", text)
    return "".join(piece if number % 2 else _generalised(piece) for number, piece in enumerate(pieces))


def _generalised(text: str) -> str:
    for pattern, word in _ADDRESSES:
        text = pattern.sub(word, text)
    return IDENTIFIERS.sub("<id>", text)


def _tidy(text: str) -> str:
    return re.sub(r"[ \t]{2,}", " ", re.sub(r"\s+([.,;!?])(?=\s|$)", r"\1", text)).strip(" ,;:-–\n\t")
