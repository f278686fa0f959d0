"""The thinking of triage, each task one prompt and one call on the model of VIGIL_MODEL_TRIAGE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from vigilbot.reasoning.prompted import prompts
from vigilbot.reasoning.prompted.jobs import text_job
from vigilbot.reasoning.prompted.numbered_dialogue import numbered_dialogue
from vigilbot.reasoning.prompted.output import read
from vigilbot.reasoning.prompted.transcript import clipped_words
from vigilbot.reasoning.prompted.triage_outputs import ArgumentOutput, SamenessOutput, SeverityOutput, StatementOutput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vigilbot.models import Category, Dialogue, Sameness, Severity
    from vigilbot.reasoning.prompted.caller import Caller
    from vigilbot.reasoning.prompted.choice import PromptTask
    from vigilbot.reasoning.prompted.gateway import Reply

_DIALOGUE_SHARE = 0.8
_STATEMENTS_SHARE = 0.5
_ARGUED_AT = 0.8
"""Temperature at which reasonings are sampled: warm enough that three of them differ."""
TRIAGE_TASKS: tuple[PromptTask, ...] = ("triage", "argue", "problem", "same_problem", "joint_problem")

T = TypeVar("T")


class PromptedTriage:
    """Implements `reasoning.base.TriageReasoner`. Raises PromptError when a prompt file is at fault."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._prompts = {task: prompts.load(task) for task in TRIAGE_TASKS}

    async def triage(self, dialogue: Dialogue, categories: Sequence[Category]) -> Severity:
        """One call. A category off the menu, or evidence that nobody wrote, leaves it undecided."""

        def values(chars: int) -> Mapping[str, object]:
            return {"categories": categories, "messages": numbered_dialogue(dialogue, int(chars * _DIALOGUE_SHARE))}

        def reading(reply: Reply) -> Severity:
            return read(reply, SeverityOutput).severity(dialogue, categories)

        schema = _with_menu(self._prompts["triage"].head.output, [category.name for category in categories])
        return await self._asked("triage", dialogue.session_id, values, reading, schema)

    async def argue(self, dialogue: Dialogue, categories: Sequence[Category], category: str) -> Severity:
        """One call, sampled. Without reasoning, or with evidence that nobody wrote, it is undecided."""

        def values(chars: int) -> Mapping[str, object]:
            shown = numbered_dialogue(dialogue, int(chars * _DIALOGUE_SHARE))
            return {"categories": categories, "category": category, "messages": shown}

        def reading(reply: Reply) -> Severity:
            return read(reply, ArgumentOutput).argument(dialogue, category)

        return await self._asked("argue", dialogue.session_id, values, reading, temperature=_ARGUED_AT)

    async def problem(self, dialogue: Dialogue) -> str:
        """One call."""

        def values(chars: int) -> Mapping[str, object]:
            return {"messages": numbered_dialogue(dialogue, int(chars * _DIALOGUE_SHARE))}

        return await self._asked("problem", dialogue.session_id, values, _statement)

    async def same_problem(self, statement: str, known: str) -> Sameness:
        """One call. A verdict off the menu is undecided."""

        def values(chars: int) -> Mapping[str, object]:
            longest = int(chars * _STATEMENTS_SHARE) // 2
            return {"statement": clipped_words(statement, longest), "known": clipped_words(known, longest)}

        def reading(reply: Reply) -> Sameness:
            return read(reply, SamenessOutput).sameness()

        return await self._asked("same_problem", "", values, reading)

    async def joint_problem(self, statements: Sequence[str]) -> str:
        """One call."""

        def values(chars: int) -> Mapping[str, object]:
            longest = int(chars * _STATEMENTS_SHARE) // max(1, len(statements))
            return {"statements": [clipped_words(statement, longest) for statement in statements]}

        return await self._asked("joint_problem", "", values, _statement)

    async def _asked(
        self,
        task: PromptTask,
        about: str,
        values: Callable[[int], Mapping[str, object]],
        reading: Callable[[Reply], T],
        schema: Mapping[str, object] | None = None,
        temperature: float = 0.0,
    ) -> T:
        prompt = self._prompts[task]
        job = text_job(task, about, prompt, values, reading, schema=schema, temperature=temperature)
        return await self._caller.ask(job)


def _statement(reply: Reply) -> str:
    return read(reply, StatementOutput).statement


def _with_menu(schema: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, object]:
    """The schema in which only the admin's categories can be named, for endpoints that hold replies to it."""
    properties = schema["properties"]
    return {**schema, "properties": {**properties, "category": {**properties["category"], "enum": list(names)}}}
