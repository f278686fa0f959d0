"""One question that stands alone, by selection: noise taken out, several questions parted, context added when it lacks.

The question is also the retrieval query. On mt-rag the customer's own last turn retrieves better than all turns
joined, so context is brought in only when the turn leans on what was said before; and unless the turn is a mere
ellipsis, the wording with context stays a variant beside the turn's own, for a pronoun may point at the product.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.models import Question
from vigilbot.reasoning.extractive.cues import content_words, cues_of_text, plain, unwrapped
from vigilbot.reasoning.extractive.product import named
from vigilbot.reasoning.extractive.sentences import sentences
from vigilbot.reasoning.extractive.vocabulary import LITTLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Dialogue, Message

MOST_PARTS = 4
MOST_CHARACTERS = 1200
"""About what the encoder reads of a text (256 tokens)."""
FEW_WORDS = 2
"""With no more content words than this, a question says too little by itself."""
LOOK_BACK = 8
"""How many earlier messages of the customer are searched for what a turn leans on."""

IDENTIFIERS = re.compile(
    r"\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # UUID
    r"|(?:req|request|trace|inv|txn|evt|cus|acct|ch|pi|sub|job|task|run)[_-](?=\w*\d)\w{8,}"  # prefixed request ids
    r"|(?:i|vol|sg|vpc|subnet|ami|eni|snap|ins|cvm|ecs)-(?=\w*\d)[0-9a-z]{8,}"  # cloud instances
    r"|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,})\b",  # long hex
    re.IGNORECASE,
)
_DANGLING = re.compile(r"\b(?:(?:request|trace|instance|job|task) ?id|id)\s*[:=#]?\s*(?=$|[,.;?!)])", re.IGNORECASE)
_ORPHANS = re.compile(r"\s*[,;:](?=\s*[,;.?!])|\(\s*\)|\s+(?=[?.!,;](?:\s|$))")
_CONNECTIVE = re.compile(
    r"^\W*(?:(?:ok|and|but|so|or|also|yes|no|thanks|great|then)\b[\s,]*)*(?:and|but|or|also|then)\b[\s,]*",
    re.IGNORECASE,
)
_LEANS_FIRST = re.compile(
    r"^\W*(?:(?:ok|so|yes|no|thanks|great)\b[\s,]*)*"
    r"(?:and|but|or|then|also|what about|how about|only|still|even|same|why not|for (?:that|this|it|both))\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(?:it(?!(?:'s| is) (?:not |im)?possible)|its|they|them|those|these|the same"
    r"|the (?:second|other|latter|former)(?: one)?"
    r"|(?:this|that)(?=\W*$|[,.;!?]|\s+(?:one|too|also|works?|means?|happens?|for|on|in|with|from|to|not|way|error|"
    r"message|problem)\b))",
    re.IGNORECASE,
)
_SECOND_QUESTION = re.compile(
    r"(?:,|\?)?\s+and\s+(?=(?:also\s+)?(?:how|what|where|which|when|why|who|can|does|is|are)\b)", re.IGNORECASE
)
_DEFINITION = re.compile(r"^\W*what(?:'s| is| are) (?:an? |the )?\w+\W*$", re.IGNORECASE)
_ERROR = re.compile(
    r"\b(?:\w*(?:error|exception|fault|failure)\b|errno|failed|cannot|can't|unable|denied|refused|not found|E[A-Z]{3,}"
    r"|0x[0-9a-f]+|[45]\d\d\b|traceback|panic|fatal)",
    re.IGNORECASE,
)
_ASKS_ABOUT_ERROR = re.compile(
    r"\b(?:this|that|the|same|following)\b.{0,20}\b(?:error|message|exception|output|log)\b", re.IGNORECASE
)


def rewritten(dialogue: Dialogue) -> Question:
    """The turn as one question, its parts when it asks several things, and its wordings when it leans on context."""
    as_written = stripped(dialogue.turn_text)
    turn = named(as_written, dialogue.scope, dialogue.history)
    said = [message for message in dialogue.history if message.role == "customer"][-LOOK_BACK:]
    whole = with_context(turn, said)
    parts = questions_in(turn)
    if len(parts) < 2:
        if whole == turn:
            return Question(turn, variants=() if turn == as_written else (as_written,))
        return Question(whole, variants=(turn,)) if is_ellipsis(turn) else Question(turn, variants=(whole,))
    first = with_context(parts[0], said) if leans(parts[0]) else parts[0]
    leaning = [part for part in parts if leans(part)]
    stand_alone = [first, *(f"{first} {part}" if part in leaning else part for part in parts[1:])]
    return Question(whole, tuple(part[:MOST_CHARACTERS] for part in stand_alone), tuple(leaning))


def wordings(part: str, question: Question) -> tuple[str, str]:
    """The part in the turn's own words, and with the context it leans on; twice the same when it leans on nothing."""
    related = [one for one in question.variants if one.endswith(part) or part.endswith(one)]
    return min([part, *related], key=len), max([part, *related], key=len)


def stripped(text: str) -> str:
    """Greetings, thanks, mentions, links' noise and identifiers taken out; code stays, for it names the error."""
    bare = _ORPHANS.sub("", _DANGLING.sub("", IDENTIFIERS.sub("", text)))
    lines = (unwrapped(plain(line, keep_code=True)) for line in bare.splitlines())
    kept = "\n".join(line for line in lines if line).strip()
    return (kept or text.strip())[:MOST_CHARACTERS]


def questions_in(text: str) -> list[str]:
    """The sentences that ask, each with the statements that lead up to it; at most MOST_PARTS."""
    parts: list[str] = []
    lead: list[str] = []
    for sentence in (clause for whole in sentences(text) for clause in _clauses(whole)):
        lead.append(sentence)
        if asks(sentence):
            parts.append(" ".join(lead))
            lead = []
    if lead and parts:
        parts[-1] = " ".join([parts[-1], *lead])
    return parts[:MOST_PARTS]


def _clauses(sentence: str) -> list[str]:
    """A sentence parted where a second question word follows `and`, as in "how long …, and who …?"."""
    halves = _SECOND_QUESTION.split(sentence, maxsplit=1)
    return halves if len(halves) == 2 and all(asks(half) for half in halves) else [sentence]


def asks(sentence: str) -> bool:
    """Whether one sentence is a question of substance by its own words (no tag, no "any ideas?")."""
    found = cues_of_text(sentence)
    return bool(
        (found["mark_at_end"] or found["wh_first"])
        and not found["tag_question"]
        and len(content_words(sentence)) > FEW_WORDS
    )


def leans(text: str) -> bool:
    """Whether the text needs what was said before: it starts mid-thought, points back, or asks with hardly a word.

    A pronoun that follows two words of substance most likely points within the text itself.
    """
    opened = _CONNECTIVE.sub("", text)
    if opened != text and asks(opened):
        return leans(opened)
    if _LEANS_FIRST.search(text):
        return True
    pointer = _POINTS.search(text)
    if pointer and len(substance(text[: pointer.start()])) < FEW_WORDS:
        return True
    return "?" in text and len(substance(text)) < FEW_WORDS and not _DEFINITION.match(text)


def is_ellipsis(text: str) -> bool:
    """Whether the text is no sentence of its own, like "and on Windows?": it opens mid-thought and asks nothing."""
    opening = _LEANS_FIRST.match(text)
    return opening is not None and not asks(text[opening.end() :])


def substance(text: str) -> set[str]:
    """Its content words without the little words of asking."""
    return {word for word in content_words(text) if len(word) > 2 and word not in LITTLE}


def with_context(text: str, said: Sequence[Message]) -> str:
    """The text behind what it leans on: the customer's last question, and an error quoted before."""
    if not said or not (leans(text) or _ASKS_ABOUT_ERROR.search(text)):
        return text
    context = []
    earlier = [stripped(message.text) for message in said]
    question = next((one for one in reversed(earlier) if len(substance(one)) >= FEW_WORDS and one != text), None)
    if question:
        context.append(question)
    error = next((one for one in reversed(earlier) if _ERROR.search(one)), None)
    if error and error not in context and _ASKS_ABOUT_ERROR.search(text):
        context.append(error)
    return "\n".join([*context, text])[-MOST_CHARACTERS:]
