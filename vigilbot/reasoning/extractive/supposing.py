"""Which sentences only suppose that something happens: "what should I do if it goes down?" states nothing.

The learned head cannot tell them from "if I open it, every page fails": both have an *if*. Grammar can. What is
supposed is asked about (what to do, who to call, what would follow), or imagined aloud.
"""

from __future__ import annotations

import re

LONGEST = 500
"""Characters of a sentence that is looked at: the patterns take quadratic time."""

_LEAD = r"^\W*(?:(?:hi|hello|hey|and|so|but|also|ok|then|now|just|quick\s+question|question)\b\W*)*"
_WHETHER = "".join(
    rf"(?<!\b{word}\s)" for word in ("know", "check", "see", "me", "us", "confirm", "verify", "out", "sure")
)
""""Can you check if it is down?" asks whether it is."""
_CONDITION = rf"""(?:{_WHETHER}if(?!\s+(?:possible|needed|necessary|so|any|not|you|this)\b)
    |in\s+(?:the\s+)?case(?!\s+you\b)|in\s+the\s+event|(?:one|some)\s+day|ever|wenn|falls|si|en\s+cas|en\s+caso|если)"""
_INQUIRY = r"""(?:what|who|whom|how|where|which|would|will|do|does|should|shall|is\s+there|are\s+there
    |was|wer|wen|wie|wo|que|qui|comment|où|qué|quién|cómo|dónde|что|кого|как|куда)"""
_OF_FACTS = r"(?!\s+(?:(?:is|was|are)\s+(?:wrong|broken|happening|going)|did|happened|has|have|went|come)\b)"
_SUPPOSED = re.compile(
    "|".join(
        (
            # "whom do I call if …?", "should it ever fail, how …?"; *why* asks about facts, and so does *what did*
            rf"{_LEAD}{_INQUIRY}\b{_OF_FACTS}[^?]*?\b{_CONDITION}\b[^?]*\?",
            # "if everything fails at night, who gets paged?", not "if I log in, all is gone, what can we do?"
            rf"{_LEAD}{_CONDITION}\b[^,?]*,\s*(?:then\s+)?{_INQUIRY}\b(?!\s+you\b)[^,?]*\?",
            rf"{_LEAD}(?:what\s+(?:if|happens\s+(?:if|when|to)|would)|et\s+si|was\s+passiert,?\s+wenn)\b[^?]*\?",
            rf"""{_LEAD}(?:what|who|whom|where|how)\s+(?:do|should|would|can|could|must|shall)\s+(?:i|we|one)\s+
             (?:do|call|contact|tell|reach|turn|report|react|proceed|notify|page)\b[^?]*\bwhen\b[^?]*\?""",
            rf"""{_LEAD}(?:suppose|supposing|imagine|hypothetically|let'?s\s+(?:say|assume|imagine)|angenommen|imaginons
             |supongamos|imaginemos|допустим)\b""",
            r"(?:what|how)\s+to\s+(?:do|react|proceed)[^?]*\bin\s+case\b",
            r"(?:如果|万一|假如)[^?？]*(?:怎么|如何|谁|会)[^?？]*[?？]",
        )
    ),
    re.IGNORECASE | re.VERBOSE,
)
_GOES_ON = re.compile(
    r"\b(?:since|right now|currently|at the moment|this (?:morning|afternoon|evening)|already|seit|gerade|depuis"
    r"|en ce moment|desde|ahora)\b",
    re.IGNORECASE,
)
"""Words of something that is going on: then the condition is no supposition."""


def is_supposed(sentence: str) -> bool:
    """Whether the sentence states nothing, because it only asks about what might happen, or imagines it."""
    return len(sentence) <= LONGEST and bool(_SUPPOSED.search(sentence)) and not _GOES_ON.search(sentence)
