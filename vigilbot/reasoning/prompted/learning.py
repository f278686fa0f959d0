"""The thinking of learning, each task one prompt and one call on the whole dialogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vigilbot.reasoning.prompted import prompts
from vigilbot.reasoning.prompted.jobs import text_job
from vigilbot.reasoning.prompted.learning_outputs import ExtractOutput, JudgePageOutput, ReviewOutput
from vigilbot.reasoning.prompted.numbered_dialogue import numbered_dialogue
from vigilbot.reasoning.prompted.output import read
from vigilbot.reasoning.prompted.transcript import clipped, clipped_words, fair_share, name_of, passages
from vigilbot.reasoning.prompted.turn_outputs import with_named_citations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vigilbot.models import Dialogue, Extraction, Judgement, Question, Review, Turn
    from vigilbot.reasoning.prompted.caller import Caller
    from vigilbot.reasoning.prompted.choice import PromptTask
    from vigilbot.reasoning.prompted.gateway import Reply
    from vigilbot.reasoning.prompted.jobs import Job

_DIALOGUE_SHARE = 0.8
_REVIEWED_SHARE = 0.4
_BESIDE_PAGE_SHARE = 0.15
_PAGE_SHARE = 0.6
_QUOTED_SHARE = 0.1
"""Parts of a prompt's budget of characters that the dialogue, the page, and a question or answer may take."""
LEARNING_TASKS: tuple[PromptTask, ...] = ("extract", "review", "judge_page")

T = TypeVar("T")


class PromptedLearning:
    """Implements `reasoning.base.LearningReasoner`. Raises PromptError when a prompt file is at fault."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._prompts = {task: prompts.load(task) for task in LEARNING_TASKS}

    async def extract(self, dialogue: Dialogue, question: Question) -> Extraction:
        """One call. What rests on no analyst's message is no answer, whatever the model says."""

        def values(chars: int) -> Mapping[str, object]:
            shown = numbered_dialogue(dialogue, int(chars * _DIALOGUE_SHARE))
            return {"question": clipped_words(question.text, _longest_quoted(chars)), "messages": shown}

        def reading(reply: Reply) -> Extraction:
            return read(reply, ExtractOutput).extraction(dialogue)

        return await self._caller.ask(self._job("extract", dialogue, values, reading))

    async def review(self, dialogue: Dialogue, turn: Turn) -> Review:
        """One call. A verdict off the menu leaves it undecided; references that never were are ignored."""
        question = turn.question.text if turn.question else dialogue.turn_text
        answer = with_named_citations(turn.answer.text) if turn.answer else ""

        def values(chars: int) -> Mapping[str, object]:
            return {
                "question": clipped_words(question, _longest_quoted(chars)),
                "answer": clipped(answer, _longest_quoted(chars)),
                "references": passages(turn.references, fair_share(chars, len(turn.references))),
                "messages": numbered_dialogue(dialogue, int(chars * _REVIEWED_SHARE)),
            }

        def reading(reply: Reply) -> Review:
            return read(reply, ReviewOutput).review(dialogue, turn)

        return await self._caller.ask(self._job("review", dialogue, values, reading))

    async def judge_page(self, dialogue: Dialogue, title: str, text: str) -> Judgement:
        """One call; of a long page the beginning and the end are shown."""

        def values(chars: int) -> Mapping[str, object]:
            return {
                "scope": dialogue.scope,
                "messages": numbered_dialogue(dialogue, int(chars * _BESIDE_PAGE_SHARE)),
                "title": name_of(title, 200),
                "page": clipped(text, int(chars * _PAGE_SHARE)),
            }

        def reading(reply: Reply) -> Judgement:
            return read(reply, JudgePageOutput).judgement()

        return await self._caller.ask(self._job("judge_page", dialogue, values, reading))

    def _job(
        self,
        task: PromptTask,
        dialogue: Dialogue,
        values: Callable[[int], Mapping[str, object]],
        reading: Callable[[Reply], T],
    ) -> Job[T]:
        return text_job(task, dialogue.turn_id or dialogue.session_id, self._prompts[task], values, reading)


def _longest_quoted(chars: int) -> int:
    """Characters of a question or an answer: neither may push out the dialogue it was given in."""
    return int(chars * _QUOTED_SHARE)
