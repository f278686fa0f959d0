"""What people's words show once an answer is on the table: a promise, a guess, a correction, success, failure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.reasoning.extractive import vocabulary as v
from vigilbot.reasoning.extractive.cues import content_words, mentions, plain

if TYPE_CHECKING:
    from collections.abc import Collection


def _any(families: str, *, bounded: bool = True) -> re.Pattern[str]:
    alternatives = v.one_of(families)
    return re.compile(rf"\b{alternatives}\b" if bounded else alternatives, v.FLAGS | re.MULTILINE)


_SUGGESTED = "(?:that|this|it|which|answer|suggestion|advice|card|bot)"
_NOT = "(?:n'?t| not|nt)"

HOLDING = _any(r"""
    (?:let me|lemme|i'?ll|i will|(?:going to|gonna)) (?:just |quickly )?(?:look|check|see|ask|test|investigate)
    (?:let me|lemme|i'?ll|i will|(?:going to|gonna)) (?:have a look|take a look|find out|get back)
    (?:i|we)(?:'?ll| will) (?:file|open|raise|create|log|report|look|check|investigate|find out|get back|let you know)
    (?:one|a|just a|give me a) (?:sec|second|moment|minute|min)
    looking into|checking|hold on|hang on|bear with|investigating|taking a look|brb|on it|looking
    (?:that'?s an? )?(?:good|great|interesting|fair|excellent) (?:question|point)|let'?s see
""")
UNKNOWING = _any(r"""
    no idea|no clue|i (?:don'?t|do not|dont) (?:really )?know|dunno|wouldn'?t know
    can'?t (?:really )?(?:say|help|tell)|wish i could|works (?:fine )?(?:for me|here)|(?:can'?t|cannot) reproduce
    (?:that'?s|how|sounds|looks) (?:really |very |quite |pretty )?(?:weird|odd|strange)
    (?:nobody|no one) (?:here )?(?:knows|has (?:an idea|looked))|(?:still )?not (?:yet )?known|known yet
""")
HEDGE = _any(r"""
    (?:just )?(?:a|my) (?:wild )?guess|(?:just |i'?m )guessing|not (?:really |entirely |quite )?sure
    i (?:haven\\?'?t|have not|had(?:n'?t| not)|never) (?:actually |really |ever )?(?:used|tried|tested|messed|done|seen)
    haven'?t tried|might|maybe|perhaps|possibly|not guaranteed|no idea|dunno|wouldn'?t know
    i (?:don'?t|do not|dont) (?:really )?know|can'?t (?:really )?(?:say|help)|wish i could
    i (?:think|guess|suppose|assume|suspect|would guess)|could be|may (?:not )?(?:even )?be|not certain
""")
CORRECTION = _any(r"""
    ignore (?:that|this|my|what i (?:said|wrote))|scratch that|forget (?:that|what i said)|correction|strike that
    i was (?:wrong|mistaken)|(?:i|must have|may have) (?:mis-?read|misunderstood|misspoke)
    disregard (?:that|this|my)|i take that back
    (?:sorry|actually|wait|no)[,:]? (?:that|it)(?:'s| is| was) (?:wrong|not right|not correct)|my (?:mistake|bad)
""")
WRONG = _any(rf"""
    {_SUGGESTED}(?: above)?(?:'s| is| was)? (?:\w+ )?(?:wrong|incorrect|outdated|obsolete|deprecated)
    {_SUGGESTED}(?: above)?(?:'s| is| was)? (?:\w+ )?(?:out of date|misleading|stale)
    {_SUGGESTED}(?: above)?(?:'s| is| was)? not (?:\w+ )?(?:right|correct|true|valid|accurate|up to date|it)
    {_SUGGESTED}(?: above)?(?: is|'s)? only (?:appl\w+|works?|holds?|helps?|true|valid|correct|right|meant)
    {_SUGGESTED}(?: is)? no longer (?:true|valid|correct|works?|applies|supported|needed|accurate)
    {_SUGGESTED}(?: above)? (?:does|did|will|would)(?:n'?t| not) (?:apply|work|help|hold)
    \w{{2,}}ing (?:\S+ ){{0,2}}(?:(?:does|did|will|would)(?:n'?t| not)|won'?t) (?:help|fix|solve|change anything)
    (?:does|did|will|would)(?:n'?t| not) (?:apply|work|help)(?: here| in your case| for (?:you|this|that))
    (?:do not|don'?t) (?:do|follow|use|try) (?:that|this|it|the (?:bot|card))
    (?:ignore|disregard) (?:that|this|the) (?:bot|card|answer|suggestion|above)
    what the (?:bot|card) (?:says|said) is (?:wrong|outdated)|(?:a |an)?(?:different|another|other) (?:cause|bug)
    (?:is|was) ?n[o']t (?:the|your) (?:cause|problem|issue|case)|(?:a |an)?(?:different|another|other) (?:problem|issue)
    (?:that|this|it) has (?:changed|been (?:removed|replaced|retired|renamed))
""")
"""An analyst calls what was suggested wrong."""
RIGHT = _any(
    r"""
    \b(?:bot|card|answer|that|this)(?:'s| is| was) (?:absolutely |quite |exactly |all )?(?:right|correct|accurate)\b
    \b(?:bot|card|answer|that|this)(?:'s| is| was) (?:the (?:fix|answer|way|solution)|what you need|how (?:it|you|to))\b
    \b(?:what|as) the (?:bot|card) (?:says|said|wrote|suggests|suggested)\b|\b(?:bot|card) (?:has|got) it right\b
    \b(?:do|follow|try) (?:what|as) the (?:bot|card)\b|\bi (?:agree|confirm|can confirm)\b|\bconfirmed\b
    ^\W*(?:exactly|right|correct|yes|yep|yup|agreed|\+1)\W*$
    """,
    bounded=False,
)
"""An analyst confirms what was suggested."""
WORKED = _any(rf"""
    {v.SOLVED}|you (?:were|are)(?: absolutely)? right|that was it|up and running|(?:did|does) the trick|succeeded
    (?:it|that|this|everything|all)(?:'s| is)? (?:now )?(?:works?|worked|working|fixed|solved|fine|ok|okay|good)
    (?:problem|issue) (?:is )?(?:solved|gone|fixed)
""")
FAILED = _any(rf"""
    (?:did|does|do|would|will){_NOT} (?:seem to )?(?:quite |really )?(?:work|help|fix|solve|change|do (?:it|anything))
    (?:is|has){_NOT} (?:quite |really |actually )?(?:worked|helped|fixed|working)
    not working|no(?:pe)? luck|without (?:success|luck)|(?:it|that|this) (?:failed|fails)
    made (?:no difference|it worse)|already (?:tried|did|do|done|have|using|set|encoded?)
    still (?:the same|not|no|get|getting|see|seeing|fails?|failing|have|having|broken|happens)
    same (?:error|problem|issue|thing|result)
""")
CREDITS = _any(r"""
    (?:that|this) (?:just )?(?:worked|fixed (?:it|that)|did it|helped|solved (?:it|this))|did the trick|that was it
""")
"""Success that is owed to what was said; "found it" and "never mind" are not."""
THANKS = _any(v.THANKS)
ADVICE = _any(r"""
    you (?:can|could|should|need|must|have to|may|might want|'?ll (?:need|have)|probably)|if you|because|instead
    try|use|run|set|add|check|install|make sure|just|see|read|look (?:at|up)|needs? to|has to|have to|means?
    it'?s|its|that'?s|there (?:is|are|'s)|supported|available|works? (?:with|for|on|by)
""")
SUGGESTS = _any(r"""
    (?:have|did) you (?:tried|try)|(?:can|could|why not|why don'?t) you (?:try|use)|what (?:if|about)
""")
REQUESTS = _any(
    r"""
    \b(?:can|could|would) you (?:\w+ )?(?:share|send|post|paste|show|give|tell|clarify|explain|describe|provide|check)\b
    \b(?:please|pls) (?:\w+ )?(?:share|send|post|paste|show|clarify|provide|make)\b
    \b(?:pastebin|code example|any logs?|screenshot)\b|^\W*(?:make|show|post|paste)\b
    """,
    bounded=False,
)
ELSEWHERE = _any(
    r"""
    \b(?:pm'?e?d|dm'?e?d|messaged|sent) (?:you|u)\b|\bwelcome!|\bjoin (?:to )?(?:our|the|us)\b
    \bnot an? (?:\w+ )?(?:support )?question\b|\b(?:more|better) (?:appropriate|suited)\b|\bseek (?:answers|help)\b
    \bwrong (?:room|channel|place)\b|\boff-?topic\b|\bthis (?:room|channel) is (?:for|not)\b
    """,
    bounded=False,
)
"""A welcome, or the way to another place: no answer here."""

_NAMED_FIRST = re.compile(r"^\s*@?([A-Za-z][\w.-]{2,30})\s?[:,]+\s")
_LINK = re.compile(r"https?://\S+|<link>|<issue link>", re.IGNORECASE)
_CODE = re.compile(
    r"```|`[^`\n]+`|<code>|\w\(\)|^\s*(?:\$|sudo )|--?\w+[ =]\S|(?:^|\s)/\w+/\w+|\w+\.\w+\(", re.MULTILINE
)
_QUESTION_END = re.compile(r"[?？؟]\W*$")


def addressed(text: str, people: Collection[str]) -> set[str]:
    """The participants a message speaks to: mentioned, or named at its start; `?` for a name nobody here bears."""
    known = {person.lower(): person for person in people}
    found = {known.get(who.lower(), "?") for who in mentions(text)}
    first = _NAMED_FIRST.match(text)
    if first:
        return found | {known.get(first.group(1).lower(), "?")}
    word = (text.split(maxsplit=1) or [""])[0].lower()
    return found | ({known[word]} if len(word) > 2 and word in known else set())


def asks_back(text: str) -> bool:
    """Whether the message ends in a question, or asks for something to be shown."""
    bare = _LINK.sub(" ", text)
    return bool(_QUESTION_END.search(bare)) or bool(REQUESTS.search(bare) and not ADVICE.search(bare[:20]))


def has_link(text: str) -> bool:
    return bool(_LINK.search(text))


def has_code(text: str) -> bool:
    return bool(_CODE.search(text))


def says_little(text: str) -> bool:
    """Nothing but greetings, thanks, acknowledgements."""
    return not content_words(text) and not has_link(text) and not has_code(text)


def words_in(text: str) -> int:
    return len(plain(text).split())
