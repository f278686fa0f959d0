"""The virtual judge of annotations: one prompt and one call on the model of VIGIL_MODEL_JUDGE_ANNOTATION."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, get_args

from pydantic import BeforeValidator, WithJsonSchema

from vigilbot.models import (
    Adoption,
    AnnotationReview,
    AnnotationVerdict,
    MissingKnowledge,
    Preference,
    Relevance,
)
from vigilbot.reasoning.prompted import prompts
from vigilbot.reasoning.prompted.jobs import text_job
from vigilbot.reasoning.prompted.numbered_dialogue import numbered_dialogue
from vigilbot.reasoning.prompted.output import Output, read
from vigilbot.reasoning.prompted.transcript import clipped, clipped_words, fair_share, passages
from vigilbot.reasoning.prompted.turn_outputs import as_on_the_menu, one_line, with_named_citations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.models import Annotation, Dialogue, Statement, Turn
    from vigilbot.reasoning.prompted.caller import Caller
    from vigilbot.reasoning.prompted.gateway import Reply

VERDICTS: tuple[AnnotationVerdict, ...] = get_args(AnnotationVerdict)
_DIALOGUE_SHARE = 0.3
_QUOTED_SHARE = 0.05
"""Parts of the budget of characters that the dialogue, and each quoted text, may take."""
_CITATION = re.compile(r"(?<!\s)\s*+<(?:doc|tool)_\d+>")
_USES = {
    "used": "The answer was used as it is.",
    "edited": "The answer was edited before it was sent.",
    "unused": "The answer was not used.",
}

Label = Annotated[
    str, BeforeValidator(as_on_the_menu), WithJsonSchema({"type": "string", "enum": list(get_args(AnnotationVerdict))})
]


class JudgeAnnotationOutput(Output):
    reasoning: str
    verdict: Label

    def review(self, judge: str) -> AnnotationReview:
        """A verdict off the menu is undecided, never a guess."""
        verdict = next((each for each in VERDICTS if each == self.verdict), None)
        return AnnotationReview(verdict, one_line(self.reasoning), judge)


class PromptedAnnotationJudge:
    """Implements `reasoning.base.AnnotationReasoner`. Raises PromptError when the prompt file is at fault."""

    def __init__(self, caller: Caller, model: str) -> None:
        self._caller = caller
        self._model = model
        self._prompt = prompts.load("judge_annotation")

    async def judge_annotation(self, dialogue: Dialogue, turn: Turn, annotation: Annotation) -> AnnotationReview:
        """One call. A verdict off the menu is undecided. Raises ReasonerError."""

        def values(chars: int) -> Mapping[str, object]:
            return _values(dialogue, turn, annotation.statement, chars)

        def reading(reply: Reply) -> AnnotationReview:
            return read(reply, JudgeAnnotationOutput).review(self._model)

        return await self._caller.ask(text_job("judge_annotation", turn.id, self._prompt, values, reading))


def _values(dialogue: Dialogue, turn: Turn, statement: Statement, chars: int) -> Mapping[str, object]:
    longest = int(chars * _QUOTED_SHARE)
    question = turn.question.text if turn.question else dialogue.turn_text
    answer = with_named_citations(turn.answer.text) if turn.answer else ""
    compared = (
        (("left", statement.left.text), ("right", statement.right.text)) if isinstance(statement, Preference) else ()
    )
    return {
        "question": clipped_words(question, longest),
        "answer": clipped(answer, longest),
        "candidates": tuple((side, clipped(_CITATION.sub("", text), longest)) for side, text in compared),
        "references": passages(turn.references, fair_share(chars, len(turn.references))),
        "messages": numbered_dialogue(dialogue, int(chars * _DIALOGUE_SHARE)),
        "said": tuple(clipped_words(sentence, longest) for sentence in sentences(statement)),
    }


def sentences(statement: Statement) -> tuple[str, ...]:
    """What an annotation says, in words; which candidate was the one given is not told."""
    match statement:
        case Preference(preferred=None):
            said = ["Neither candidate is better."]
        case Preference(preferred=side, grade=grade):
            said = [f"The {side} candidate is {_words(grade)}."]
        case Adoption(use=use, reasons=reasons, sent=sent):
            said = [_USES[use]]
            said += [f"Reasons: {', '.join(_words(reason) for reason in reasons)}."] if reasons else []
            said += [f"Sent instead: {sent}"] if use == "edited" and sent else []
        case Relevance(references=references):
            said = [f"doc_{judged.number} is {_words(judged.grade)}." for judged in references]
        case MissingKnowledge(lacking=lacking):
            return (f"What was lacking: {lacking}",)
    return (*said, *((f"Note: {statement.note}",) if statement.note else ()))


def _words(label: str) -> str:
    return label.replace("_", " ")
