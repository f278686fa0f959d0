"""Ask for the answer, then hold it to the rules in code: cited, and cited truly, or it is a refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vigilbot.pipeline.citations import CLOSING, cited
from vigilbot.safety.outgoing import gated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import AnswerPart, Turn
    from vigilbot.pipeline.draft import Draft
    from vigilbot.reasoning.base import Reasoner


async def answer(draft: Draft, reasoner: Reasoner) -> Draft:
    """The turn with its answer; ended as refused when no part of it keeps to the rules. Raises ReasonerError."""
    turn = draft.turn
    assert turn.question is not None  # noqa: S101 - `understand` sets it or ends the turn
    with draft.stopwatch.step("answer"):
        proposed = await reasoner.answer(turn.question, turn.references, draft.dialogue, turn.findings)
    held = replace(proposed, parts=tuple(held_to_rules(part, turn) for part in proposed.parts))
    draft = replace(draft, turn=replace(turn, answer=held))
    if held.refused:
        return draft.end("refused", why_refused(proposed.parts, turn))
    return draft


def held_to_rules(part: AnswerPart, turn: Turn) -> AnswerPart:
    """No citation → refusal; a cited number that does not exist → refusal; a link that is no cited source → removed."""
    if _fault(part, turn):
        return replace(part, text="", refused=True)
    citations = cited(part.text)
    references = [turn.references[number - 1] for kind, number in citations if kind == "doc"]
    findings = [turn.findings[number - 1] for kind, number in citations if kind == "tool"]
    links = {reference.source for reference in references if reference.source.startswith(("http://", "https://"))}
    quoted = "\n".join([*(reference.text for reference in references), *(finding.text for finding in findings)])
    return replace(part, text=gated(CLOSING.sub("", part.text), links, quoted))


def why_refused(parts: Sequence[AnswerPart], turn: Turn) -> str:
    """One sentence for the console's side panel."""
    faults = [fault for part in parts if (fault := _fault(part, turn))]
    return faults[0] if faults else "there was no question to answer"


def _fault(part: AnswerPart, turn: Turn) -> str:
    found = "references and findings" if turn.findings else "references found"
    if part.refused:
        return f"the {found} do not answer the question"
    citations = cited(part.text)
    if not citations:
        return "the proposed answer cited no reference, so it was withheld"
    known = {"doc": len(turn.references), "tool": len(turn.findings)}
    if phantom := [citation for citation in citations if not 1 <= citation.number <= known[citation.kind]]:
        what = {"doc": "reference", "tool": "finding"}[phantom[0].kind]
        return f"the proposed answer cited {what} {phantom[0].number}, which does not exist, so it was withheld"
    return ""
