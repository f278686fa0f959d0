"""The analysts' definitive answer to one question, chosen from their replies, and the pair made of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.models import Extraction, Pair
from vigilbot.reasoning.extractive import reactions
from vigilbot.reasoning.extractive.generic import generic_answer, generic_question, is_small_talk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.models import Dialogue, Message, Question
    from vigilbot.reasoning.extractive.lines import Line
    from vigilbot.reasoning.extractive.replies import Replies
    from vigilbot.reasoning.extractive.weights import Weights

REPLIES_FROM = 0.45
"""Probability from which a message replies to the question: best F1 over held-out chat logs."""
DEFINITIVE_FROM = 0.74
"""Probability of the surest message from which a pair is made: the operating point of cross-validation on the dialogues
we read, where .82 of the pairs are good, and .65 of the answered and .15 of the unanswered dialogues yield one."""
BELONGS_FROM = 0.35
"""Probability from which a further message belongs to that answer."""
ASKS_FROM = 0.6
"""Below, the turn asks nothing that could have an answer."""
MOST_MESSAGES = 8
MOST_LINES = 250
"""So many messages after the question are read; by then a session has moved on."""
LOGIT_LIMIT = 6.0
PROMISE_WORDS = 12
SENTENCE_WORDS = 6

_YES_OR_NO = re.compile(r"^\W*(?:yes|yeah|yep|yup|no|nope|nah|not)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """The replies to a question; of these, those that hold the definitive answer, oldest first. Both may be empty."""

    replies: tuple[Message, ...]
    definitive: tuple[Message, ...]


def window(dialogue: Dialogue) -> tuple[Message, ...]:
    """The dialogue from the turn on; nothing when the turn is not in it."""
    asked = {message.id for message in dialogue.turn_messages}
    first = next((at for at, message in enumerate(dialogue.messages) if message.id in asked), len(dialogue.messages))
    return tuple(message for message in dialogue.messages[first:] if message.role != "bot")[:MOST_LINES]


def definitive_features(
    replies: Replies, context: NDArray[np.float32], words: NDArray[np.float32], asks: float, weights: Weights
) -> NDArray[np.float32]:
    """(replies, features) of the second head: the first one's logit, whether anything is asked, words and reactions."""
    logits = np.clip(reply_logits(context, words, weights), -LOGIT_LIMIT, LOGIT_LIMIT)
    return np.column_stack([logits / 2, np.full(len(words), asks), words, replies.reactions()]).astype(np.float32)


def reply_logits(context: NDArray[np.float32], words: NDArray[np.float32], weights: Weights) -> NDArray[np.float32]:
    head = weights.reply
    logits: NDArray[np.float32] = np.hstack([context, words]) @ head.coefficients + head.intercept
    return logits


def chosen(
    lines: Sequence[Line],
    replies: Replies,
    context: NDArray[np.float32],
    words: NDArray[np.float32],
    asks: float,
    weights: Weights,
) -> Found:
    """Choose by both heads, then let the last correction stand."""
    attributed = reply_logits(context, words, weights) >= np.log(REPLIES_FROM / (1 - REPLIES_FROM))
    head = weights.definitive
    sure = definitive_features(replies, context, words, asks, weights) @ head.coefficients + head.intercept
    chances = 1 / (1 + np.exp(-sure.astype(np.float64)))
    usable = np.array([may_answer(lines[at]) and not replies.failed(at) for at in replies.positions])
    messages = [lines[at].message for at in replies.positions]
    replied = tuple(message for message, is_reply in zip(messages, attributed, strict=True) if is_reply)
    if asks < ASKS_FROM:
        return Found(replied, ())
    if not (chances * usable >= DEFINITIVE_FROM).any():
        return Found(replied, confirmed(lines))
    surest = np.argsort(-chances * usable, kind="stable")[:MOST_MESSAGES]
    kept = sorted(at for at in surest if usable[at] and chances[at] >= BELONGS_FROM)
    return Found(replied, last_standing([messages[at] for at in kept], messages))


def may_answer(line: Line) -> bool:
    """Whether a message can be an answer at all: no question back, no promise, no greeting, no "I don't know"."""
    text = line.text
    if line.little:
        return bool(_YES_OR_NO.match(text))
    if fills_time(line):
        return False
    asks_back = reactions.asks_back(text) and not reactions.SUGGESTS.search(text) and not reactions.has_link(text)
    return not (asks_back or line.unknowing or reactions.ELSEWHERE.search(text))


def fills_time(line: Line) -> bool:
    """Whether it only greets or promises ("hi", "let me look"): the answer's place is counted without it."""
    promises = reactions.HOLDING.search(line.text) and len(line.text.split()) <= PROMISE_WORDS
    return bool(promises) or is_small_talk(line.text)


def confirmed(lines: Sequence[Line]) -> tuple[Message, ...]:
    """The advice that stands directly before a customer's last success or thanks; nothing without one."""
    worked = [at for at, line in enumerate(lines) if line.message.role == "customer" and _content(line)]
    taken: list[Message] = []
    for line in reversed(lines[: worked[-1]] if worked else ()):
        if line.message.role == "analyst":
            taken.append(line.message)
        elif taken and not line.little:
            break
    known = {line.message.id: line for line in lines}
    advice = [message for message in reversed(taken) if may_answer(known[message.id])]
    credited = bool(worked) and lines[worked[-1]].worked and reactions.CREDITS.search(lines[worked[-1]].text)
    says_how = any(_says_how(one.text, credited=bool(credited)) for one in advice)
    return tuple(advice[-MOST_MESSAGES:]) if says_how else ()


def _says_how(text: str, *, credited: bool) -> bool:
    """Whether it tells what to do; where the customer credits it with the success, a whole sentence will do."""
    advises = reactions.ADVICE.search(text) or reactions.has_code(text)
    return bool(advises) or (credited and reactions.words_in(text) >= SENTENCE_WORDS)


def _content(line: Line) -> bool:
    """Whether somebody says that they are helped, and asks nothing more."""
    return not line.failed and not line.asks and (line.worked or line.cues["thanks"])


def last_standing(kept: Sequence[Message], replies: Sequence[Message]) -> tuple[Message, ...]:
    """What stands after the last correction: "ignore that, instead …" takes back what its author said before.

    A correction brings itself and what its author goes on to say, whether or not it was chosen.
    """
    for at in range(len(replies) - 1, -1, -1):
        found = reactions.CORRECTION.search(replies[at].text)
        author = replies[at].author
        if found and any(message.author == author for message in replies[:at] if message in kept):
            earlier = {message.id for message in replies[:at] if message.author == author}
            rest = [message for message in kept if message.id not in earlier]
            says_how = len(replies[at].text[found.end() :].split()) > 2
            return tuple(m for m in replies if m in rest or (m is replies[at] and says_how))
    return tuple(kept)


def extraction(dialogue: Dialogue, question: Question, found: Found) -> Extraction:
    """The pair in generic words; without one when nothing was definitive, or nothing is left of it."""
    if not found.definitive:
        ids = tuple(message.id for message in found.replies)
        said = "the analysts' replies hold no definitive answer" if ids else "no analyst answered it"
        return Extraction(None, ids, said)
    people = {message.author for message in dialogue.messages}
    texts = [message.text for message in found.definitive]
    pair = Pair(generic_question(question.text, people), generic_answer(texts, people))
    ids = tuple(message.id for message in found.definitive)
    if not pair.answer or not pair.question:
        return Extraction(None, ids, "nothing generic is left of the answer")
    authors = len({message.author for message in found.definitive})
    who = "an analyst" if authors == 1 else f"{authors} analysts"
    return Extraction(pair, ids, f"{who} answered it in {len(ids)} message{'s' if len(ids) > 1 else ''}")
