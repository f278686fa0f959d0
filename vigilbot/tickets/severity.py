"""How grave a dialogue is: the reasoner's verdict held to the rules in code, and the admin's own rules beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import ReasonerError
from vigilbot.models import OTHER, Severity
from vigilbot.reasoning.quotes import verbatim

if TYPE_CHECKING:
    from vigilbot.models import Dialogue
    from vigilbot.reasoning.base import TriageReasoner
    from vigilbot.tickets.categories import Categories

log = structlog.get_logger(__name__)

_RULED = "the rule “{}” matches"


async def severity(dialogue: Dialogue, reasoner: TriageReasoner, categories: Categories) -> Severity:
    """The graver of what the reasoner and the rules say. Raises ReasonerError when only a reasoner could have told."""
    by_rule = ruled(dialogue, categories)
    try:
        judged = held(await reasoner.triage(dialogue, categories.menu), dialogue, categories)
    except ReasonerError as error:
        if by_rule is None:
            raise
        log.warning("triage_by_rule_alone", session=dialogue.session_id, error=str(error))
        return by_rule
    if by_rule and gravity(by_rule, categories) > gravity(judged, categories):
        return by_rule
    return judged


def gravity(severity: Severity, categories: Categories) -> int:
    """0 for `other`, and while undecided."""
    category = categories.named(severity.category)
    return category.gravity if category else 0


def ruled(dialogue: Dialogue, categories: Categories) -> Severity | None:
    """The gravest category whose rule matches what a customer wrote; None when none does."""
    said = [message for message in dialogue.messages if message.role == "customer"]
    matches = [(rule, line) for rule in categories.rules if (line := rule.matcher.line(said))]
    if not matches:
        return None
    rule, line = max(matches, key=lambda match: match[0].category.gravity)
    return Severity(rule.category.name, _RULED.format(rule.name), (line,))


def is_ruled(reason: str) -> bool:
    """Whether a rule has judged so, not a reasoner."""
    before, after = _RULED.split("{}")
    return reason.startswith(before) and reason.endswith(after)


def held(said: Severity, dialogue: Dialogue, categories: Categories) -> Severity:
    """Undecided when the category is off the menu or its evidence was never written; `other` where a filter covers it.

    A reasoner is not trusted with its own checks: whoever implements one may forget them.
    """
    if said.category is None or said.category == OTHER:
        return said
    if categories.named(said.category) is None:
        return Severity(None, f"the category {said.category!r} does not exist", confidence=0.0)
    quotes = [found for quote in said.evidence if (found := verbatim(quote, dialogue))]
    if not quotes or len(quotes) < len(said.evidence):
        return Severity(None, f"the evidence for {said.category} is not in the dialogue", confidence=0.0)
    sources = [message.text for message in dialogue.messages if any(quote in message.text for quote in quotes)]
    for one in categories.filters:
        if all(one.covers(text) for text in sources):
            return Severity(OTHER, f"{said.category}, but only in {one.name}: {said.reason}")
    return replace(said, evidence=tuple(quotes))
