"""A model that grades answers for `vigilbot eval answer`; it takes no part in answering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, get_args

from pydantic import BeforeValidator, WithJsonSchema

from vigilbot.errors import OutputUnreadable
from vigilbot.models import Grade, Grading
from vigilbot.reasoning.prompted import prompts
from vigilbot.reasoning.prompted.caller import Caller
from vigilbot.reasoning.prompted.choice import Choice
from vigilbot.reasoning.prompted.gateway import Gateway
from vigilbot.reasoning.prompted.jobs import text_job
from vigilbot.reasoning.prompted.output import Output, read
from vigilbot.reasoning.prompted.transcript import clipped
from vigilbot.reasoning.prompted.turn_outputs import as_on_the_menu, one_line
from vigilbot.runtime.clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.config import Settings
    from vigilbot.reasoning.base import CallRecorder
    from vigilbot.reasoning.prompted.gateway import Reply

GRADES: tuple[Grade, ...] = get_args(Grade)
_SHARE = 0.25
"""Part of the budget of characters for each of the question, the right answer and the answer."""

GradeLabel = Annotated[
    str,
    BeforeValidator(as_on_the_menu),
    WithJsonSchema({"type": "string", "enum": list(GRADES)}),
]


class JudgeAnswerOutput(Output):
    reasoning: str
    grade: GradeLabel

    def grading(self) -> Grading:
        """A grade off the menu is undecided, never a guess."""
        grade = next((label for label in GRADES if label == self.grade), None)
        return Grading(grade, one_line(self.reasoning) if grade else "the judge gave no grade that exists")


class PromptedGrader:
    """Grades with the model of VIGIL_MODEL_JUDGE_ANSWER, or of VIGIL_MODEL.

    Raises ConfigError when there is none, PromptError when the prompt file is at fault.
    """

    def __init__(self, settings: Settings, recorder: CallRecorder) -> None:
        choice = Choice(settings)
        self.name = choice.model("judge_answer")
        self._prompt = prompts.load("judge_answer")
        self._gateway = Gateway(settings.model_api_base)
        self._caller = Caller(choice, self._gateway, recorder, WallClock())

    async def grade(self, question: str, answer: str, gold: str) -> Grading:
        """One call. What cannot be read twice is undecided. Raises ModelUnavailable, ModelRejected."""

        def values(chars: int) -> Mapping[str, object]:
            texts = {"question": question, "answer": answer, "gold": gold}
            return {name: clipped(text, int(chars * _SHARE)) for name, text in texts.items()}

        def reading(reply: Reply) -> Grading:
            return read(reply, JudgeAnswerOutput).grading()

        try:
            return await self._caller.ask(text_job("judge_answer", "", self._prompt, values, reading))
        except OutputUnreadable as error:
            return Grading(None, one_line(str(error)))

    async def close(self) -> None:
        await self._caller.close()
        await self._gateway.close()
