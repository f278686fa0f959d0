"""The judge that needs no model: annotations that contradict one another, or were clicked without a look.

It labels nothing. What it doubts is flagged with the reason, and left out by whoever trains on annotations.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vigilbot.models import Adoption, MissingKnowledge, Preference, Relevance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Annotation, Side

LEAST_SECONDS = 1.0
"""Nobody reads a question and an answer in less."""
ROW = 8
"""So many preferences in a row for one side happen by chance once in 128 times."""
LEAST_WORDS = 2
REPEATS = 3
_CITATION = re.compile(r"(?<!\s)\s*+(?:<(?:doc|tool)_\d+>|\[\d{1,3}\])")


def doubts(made: Annotation, same_turn: Sequence[Annotation], latest: Sequence[Annotation]) -> dict[str, str]:
    """Why to doubt which annotations, by id, now that `made` is there.

    `same_turn` is all that this analyst has said about the turn, `latest` what they said last, newest first; `made` is
    among both.
    """
    found: dict[str, str] = {}
    if reason := _contradiction(same_turn):
        found |= {said.id: reason for said in same_turn if said.kind in {"adoption", "relevance"}}
    if reason := _posted_the_worse(same_turn):
        found |= {said.id: reason for said in same_turn if said.kind in {"adoption", "preference"}}
    if made.shown_at is not None and made.made_at - made.shown_at < LEAST_SECONDS:
        found[made.id] = f"sent {made.made_at - made.shown_at:.1f} s after the form was shown"
    if reason := _one_sided(latest) if made.kind == "preference" else "":
        found[made.id] = reason
    if isinstance(made.statement, MissingKnowledge) and (reason := _says_nothing(made.statement, latest)):
        found[made.id] = reason
    return found


def _contradiction(same_turn: Sequence[Annotation]) -> str:
    adoption = next((said.statement for said in same_turn if isinstance(said.statement, Adoption)), None)
    relevance = next((said.statement for said in same_turn if isinstance(said.statement, Relevance)), None)
    if adoption is None or relevance is None:
        return ""
    grades = [judged.grade for judged in relevance.references]
    if adoption.use == "unused" and "wrong_topic" in adoption.reasons and "relevant" in grades:
        return "a reference is called relevant under an answer that is called off the topic"
    if adoption.use == "used" and grades and set(grades) == {"not_relevant"}:
        return "the answer was used as it is, and every reference under it is called not relevant"
    return ""


def _posted_the_worse(same_turn: Sequence[Annotation]) -> str:
    """Somebody who finds one answer significantly better does not send the other as it is."""
    adoption = next((said.statement for said in same_turn if isinstance(said.statement, Adoption)), None)
    preference = next((said.statement for said in same_turn if isinstance(said.statement, Preference)), None)
    if adoption is None or preference is None or preference.grade != "significantly_better":
        return ""
    worse = preference.rejected
    if worse is None or adoption.use == "unused":
        return ""
    as_proposed = adoption.use == "used" and worse.variant == "given"
    if as_proposed or (adoption.sent and _plain(adoption.sent) == _plain(worse.text)):
        return f"the answer on the {_other(preference)} is called significantly worse, and is what was sent"
    return ""


def _plain(text: str) -> str:
    """Without citations, which a posted text shows as `[n]`, and however it is spaced."""
    return " ".join(_CITATION.sub("", text).split())


def _other(preference: Preference) -> Side:
    return "right" if preference.preferred == "left" else "left"


def _one_sided(latest: Sequence[Annotation]) -> str:
    sides = [said.statement.preferred for said in latest if isinstance(said.statement, Preference)]
    last = [side for side in sides if side is not None][:ROW]
    if len(last) == ROW and len(set(last)) == 1:
        return f"the last {ROW} preferences all chose the answer on the {last[0]}"
    return ""


def _says_nothing(statement: MissingKnowledge, latest: Sequence[Annotation]) -> str:
    said = [each.statement.lacking.casefold() for each in latest if isinstance(each.statement, MissingKnowledge)]
    if len(statement.lacking.split()) < LEAST_WORDS:
        return "it does not say what is lacking"
    if said.count(statement.lacking.casefold()) >= REPEATS:
        return "the same words again and again"
    return ""
