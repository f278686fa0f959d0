"""Ask for the answer, then hold it to the rules in code: cited, and cited truly, or it is a refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vigilbot.pipeline.citations import CLOSING, cited_numbers
from vigilbot.safety.outgoing import gated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import AnswerPart, Reference
    from vigilbot.pipeline.draft import Draft
    from vigilbot.reasoning.base import Reasoner


async def answer(draft: Draft, reasoner: Reasoner) -> Draft:
    question, references = draft.turn.question, draft.turn.references
    assert question is not None  # noqa: S101 - `understand` sets it or ends the turn
    with draft.stopwatch.step("answer"):
        proposed = await reasoner.answer(question, references, draft.dialogue)
    held = replace(proposed, parts=tuple(held_to_rules(part, references) for part in proposed.parts))
    draft = replace(draft, turn=replace(draft.turn, answer=held))
    if held.refused:
        return draft.end("refused", why_refused(proposed.parts, references))
    return draft


def held_to_rules(part: AnswerPart, references: Sequence[Reference]) -> AnswerPart:
    """No citation → refusal; a cited number that does not exist → refusal; a link that is no cited source → removed."""
    if _fault(part, references):
        return replace(part, text="", refused=True)
    cited = [references[number - 1] for number in cited_numbers(part.text)]
    links = {reference.source for reference in cited if reference.source.startswith(("http://", "https://"))}
    return replace(
        part, text=gated(CLOSING.sub("", part.text), links, "\n".join(reference.text for reference in cited))
    )


def why_refused(parts: Sequence[AnswerPart], references: Sequence[Reference]) -> str:
    """One sentence for the console's side panel."""
    faults = [fault for part in parts if (fault := _fault(part, references))]
    return faults[0] if faults else "there was no question to answer"


def _fault(part: AnswerPart, references: Sequence[Reference]) -> str:
    if part.refused:
        return "the references found do not answer the question"
    numbers = cited_numbers(part.text)
    if not numbers:
        return "the proposed answer cited no reference, so it was withheld"
    if phantom := [number for number in numbers if not 1 <= number <= len(references)]:
        return f"the proposed answer cited reference {phantom[0]}, which does not exist, so it was withheld"
    return ""
