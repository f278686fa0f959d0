"""What the triage prompts ask for, and the rules their replies are held to: categories that exist, words once said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import structlog
from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from vigilbot.models import OTHER, Sameness, Severity
from vigilbot.reasoning.prompted.output import Output
from vigilbot.reasoning.prompted.turn_outputs import as_on_the_menu, one_line
from vigilbot.reasoning.quotes import verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Category, Dialogue

log = structlog.get_logger(__name__)

_VERDICTS = {"same": True, "different": False, "unclear": None}
_MOST_QUOTES = 20
_KEPT_QUOTES = 3

Statement = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Verdict = Annotated[
    str, BeforeValidator(as_on_the_menu), WithJsonSchema({"type": "string", "enum": ["same", "different", "unclear"]})
]


class SeverityOutput(Output):
    reasoning: str
    category: str
    evidence: Annotated[list[str], Field(max_length=_MOST_QUOTES)]

    def severity(self, dialogue: Dialogue, categories: Sequence[Category]) -> Severity:
        """Undecided when the category is off the menu, or when a quote is missing or was never written."""
        reason = one_line(self.reasoning)
        category = next((one.name for one in categories if _same_name(one.name, self.category)), None)
        if category is None:
            return _undecided(dialogue, "the category named does not exist", reason)
        return _proven(category, reason, self.evidence, dialogue)


class ArgumentOutput(Output):
    reasoning: str
    evidence: Annotated[list[str], Field(max_length=_MOST_QUOTES)]

    def argument(self, dialogue: Dialogue, category: str) -> Severity:
        """Undecided when there is no reasoning, or when a quote is missing or was never written."""
        reason = one_line(self.reasoning)
        if not reason:
            return _undecided(dialogue, f"nothing speaks for {category}", reason)
        return _proven(category, reason, self.evidence, dialogue)


class StatementOutput(Output):
    reasoning: str
    statement: Statement


class SamenessOutput(Output):
    reasoning: str
    verdict: Verdict

    def sameness(self) -> Sameness:
        """A verdict off the menu is undecided, never a guess."""
        return Sameness(_VERDICTS.get(self.verdict), one_line(self.reasoning))


def _same_name(name: str, said: str) -> bool:
    return as_on_the_menu(name) == as_on_the_menu(said)


def _proven(category: str, reason: str, evidence: Sequence[str], dialogue: Dialogue) -> Severity:
    """The verdict if its quotes were written, undecided otherwise; `other` needs none."""
    if category == OTHER:
        return Severity(OTHER, reason)
    quotes = [verbatim(quote, dialogue) for quote in evidence[:_KEPT_QUOTES]]
    if not quotes:
        return _undecided(dialogue, f"no evidence was given for {category}", reason)
    if None in quotes:
        return _undecided(dialogue, f"the evidence for {category} is not in the dialogue", reason)
    return Severity(category, reason, tuple(dict.fromkeys(quote for quote in quotes if quote)))


def _undecided(dialogue: Dialogue, why: str, reasoning: str) -> Severity:
    log.warning("severity_undecided", session=dialogue.session_id, because=why)
    return Severity(None, one_line(f"{why} ({reasoning})" if reasoning else why), confidence=0.0)
