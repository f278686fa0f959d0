"""The thinking tasks, each one prompt and one call. Citations are gated later, in code, by the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, get_args

from vigilbot.clock import WallClock
from vigilbot.config import ReasonerTask
from vigilbot.errors import ConfigError
from vigilbot.models import Answer
from vigilbot.reasoning.prompted import prompts
from vigilbot.reasoning.prompted.annotations import PromptedAnnotationJudge
from vigilbot.reasoning.prompted.caller import Caller, Job
from vigilbot.reasoning.prompted.choice import Choice, PromptTask
from vigilbot.reasoning.prompted.gateway import Gateway, chat
from vigilbot.reasoning.prompted.lessons import ExtractOutput, JudgePageOutput, ReviewOutput
from vigilbot.reasoning.prompted.looking_up import ChooseToolsOutput, shown_findings, shown_tools
from vigilbot.reasoning.prompted.minutes import minutes
from vigilbot.reasoning.prompted.one_call import OneCall, Understood
from vigilbot.reasoning.prompted.output import ModelDeclined, read
from vigilbot.reasoning.prompted.pictures import Pictures
from vigilbot.reasoning.prompted.shapes import (
    AnswerOutput,
    IdentifyOutput,
    RewriteOutput,
    UnderstandOutput,
    refused_part,
    with_named_citations,
)
from vigilbot.reasoning.prompted.tickets import PromptedTriage
from vigilbot.reasoning.prompted.transcript import (
    clipped,
    fair_share,
    name_of,
    passages,
    total_pictures,
    transcript,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from vigilbot.clock import Clock
    from vigilbot.config import Settings
    from vigilbot.models import (
        Annotation,
        AnnotationReview,
        Category,
        Dialogue,
        Extraction,
        Finding,
        Identification,
        Image,
        Judgement,
        Question,
        Reference,
        Review,
        Sameness,
        Severity,
        Tool,
        ToolCall,
        Turn,
    )
    from vigilbot.reasoning.base import CallRecorder
    from vigilbot.reasoning.prompted.abilities import Abilities
    from vigilbot.reasoning.prompted.gateway import ChatMessage, Reply

TASKS: tuple[ReasonerTask, ...] = get_args(ReasonerTask)
PROMPTS: tuple[PromptTask, ...] = (
    *("identify", "rewrite", "understand", "choose_tools", "answer"),
    *("extract", "review", "judge_page"),
)
_DIALOGUE_SHARE = 0.8
_REVIEWED_SHARE = 0.4
_BESIDE_PAGE_SHARE = 0.15
_PAGE_SHARE = 0.6
_QUOTED_SHARE = 0.1
"""Parts of the budget of characters that a dialogue, a page, or a quoted text may take in the learning prompts."""

T = TypeVar("T")


class PromptedReasoner:
    """Implements `reasoning.base.Reasoner` with the models of VIGIL_MODEL and VIGIL_MODEL_<TASK>.

    `fetch_image` gives the bytes of a picture from whichever platform it was posted on; `choice` names other models,
    `answer_prompt` another prompt to answer with.
    Raises ConfigError when a task has no model, PromptError when a prompt file is at fault.
    """

    def __init__(
        self,
        settings: Settings,
        recorder: CallRecorder,
        fetch_image: Callable[[Image], Awaitable[bytes]],
        clock: Clock | None = None,
        *,
        choice: Choice | None = None,
        answer_prompt: Path | None = None,
    ) -> None:
        self._choice = choice or Choice(settings)
        self._name = {task: self._choice.model(task) for task in TASKS}["answer"]
        self._prompts = {task: prompts.load(task) for task in PROMPTS}
        if answer_prompt:
            self._prompts["answer"] = prompts.load_other("answer", answer_prompt)
        self._gateway = Gateway(settings.model_api_base)
        self._caller = Caller(self._choice, self._gateway, recorder, clock or WallClock())
        self._tickets = PromptedTriage(self._caller)
        self._annotations = PromptedAnnotationJudge(self._caller, self.model_of("judge_annotation"))
        self._pictures = Pictures(fetch_image)
        self._one_call = OneCall(self._understand) if settings.one_call else None

    @property
    def name(self) -> str:
        return self._name

    def model_of(self, task: ReasonerTask) -> str:
        """The litellm name of the model that does a task."""
        return self._choice.model(task)

    async def loaded(self) -> None:
        """Return once litellm is in memory."""
        await self._gateway.warm()

    async def warm(self) -> None:
        """Load litellm in a thread, so that the first turn does not wait for it.

        Raises ConfigError when a model's name tells no provider: no call could ever succeed.
        """
        await self.loaded()
        for task in TASKS:
            if not await self._gateway.knows_provider(self._choice.model(task)):
                raise ConfigError(
                    f"{self._choice.where(task)}: no such model; check the name, spelled provider/model as litellm does"
                )

    async def identify(self, dialogue: Dialogue) -> Identification:
        """One call. A label outside the menu, twice, raises OutputUnreadable: undecided, never a guess."""
        if self._one_call:
            return (await self._one_call.half("identify", dialogue)).identification

        def reading(reply: Reply) -> Identification:
            return read(reply, IdentifyOutput).identification()

        return await self._caller.ask(await self._job("identify", dialogue, reading))

    async def rewrite(self, dialogue: Dialogue) -> Question:
        """One call; with VIGIL_ONE_CALL the same that identifies."""
        if self._one_call:
            return (await self._one_call.half("rewrite", dialogue)).question

        def reading(reply: Reply) -> Question:
            return read(reply, RewriteOutput).rewritten()

        return await self._caller.ask(await self._job("rewrite", dialogue, reading))

    async def choose_tools(self, dialogue: Dialogue, tools: Sequence[Tool]) -> tuple[ToolCall, ...]:
        """One call. Tools that were not offered are left out."""

        def reading(reply: Reply) -> tuple[ToolCall, ...]:
            return read(reply, ChooseToolsOutput).proposed(tools)

        return await self._caller.ask(await self._job("choose_tools", dialogue, reading, tools=tools))

    async def answer(
        self,
        question: Question,
        references: Sequence[Reference],
        dialogue: Dialogue,
        findings: Sequence[Finding] = (),
    ) -> Answer:
        """One call; none when there is nothing to cite. A model that declines has refused."""
        refusal = Answer(tuple(refused_part(part) for part in question.parts), self._name)
        if not references and not findings:
            return refusal

        def reading(reply: Reply) -> Answer:
            return read(reply, AnswerOutput).answer(question, self._name)

        try:
            job = self._job(
                "answer", dialogue, reading, questions=question.parts, references=references, findings=findings
            )
            return await self._caller.ask(await job)
        except ModelDeclined:
            return refusal

    async def extract(self, dialogue: Dialogue, question: Question) -> Extraction:
        """One call. What rests on no analyst's message is no answer, whatever the model says."""

        def values(chars: int) -> Mapping[str, object]:
            shown = minutes(dialogue, int(chars * _DIALOGUE_SHARE))
            return {"question": clipped(question.text, int(chars * _QUOTED_SHARE)), "messages": shown}

        def reading(reply: Reply) -> Extraction:
            return read(reply, ExtractOutput).extraction(dialogue)

        return await self._caller.ask(self._learning("extract", dialogue, values, reading))

    async def review(self, dialogue: Dialogue, turn: Turn) -> Review:
        """One call. A verdict off the menu leaves it undecided; references that never were are ignored."""
        question = turn.question.text if turn.question else dialogue.turn_text
        answer = with_named_citations(turn.answer.text) if turn.answer else ""

        def values(chars: int) -> Mapping[str, object]:
            return {
                "question": clipped(question, int(chars * _QUOTED_SHARE)),
                "answer": clipped(answer, int(chars * _QUOTED_SHARE)),
                "references": passages(turn.references, fair_share(chars, len(turn.references))),
                "messages": minutes(dialogue, int(chars * _REVIEWED_SHARE)),
            }

        def reading(reply: Reply) -> Review:
            return read(reply, ReviewOutput).review(dialogue, turn)

        return await self._caller.ask(self._learning("review", dialogue, values, reading))

    async def judge_page(self, dialogue: Dialogue, title: str, text: str) -> Judgement:
        """One call; of a long page the beginning and the end are shown."""

        def values(chars: int) -> Mapping[str, object]:
            return {
                "scope": dialogue.scope,
                "messages": minutes(dialogue, int(chars * _BESIDE_PAGE_SHARE)),
                "title": name_of(title, 200),
                "page": clipped(text, int(chars * _PAGE_SHARE)),
            }

        def reading(reply: Reply) -> Judgement:
            return read(reply, JudgePageOutput).judgement()

        return await self._caller.ask(self._learning("judge_page", dialogue, values, reading))

    async def judge_annotation(self, dialogue: Dialogue, turn: Turn, annotation: Annotation) -> AnnotationReview:
        """One call. A verdict off the menu is undecided."""
        return await self._annotations.judge_annotation(dialogue, turn, annotation)

    async def triage(self, dialogue: Dialogue, categories: Sequence[Category]) -> Severity:
        """One call. A category off the menu, or evidence that nobody wrote, leaves it undecided."""
        return await self._tickets.triage(dialogue, categories)

    async def argue(self, dialogue: Dialogue, categories: Sequence[Category], category: str) -> Severity:
        """One call, sampled. Without reasoning, or with evidence that nobody wrote, it is undecided."""
        return await self._tickets.argue(dialogue, categories, category)

    async def problem(self, dialogue: Dialogue) -> str:
        """One call."""
        return await self._tickets.problem(dialogue)

    async def same_problem(self, statement: str, known: str) -> Sameness:
        """One call. A verdict off the menu is undecided."""
        return await self._tickets.same_problem(statement, known)

    async def joint_problem(self, statements: Sequence[str]) -> str:
        """One call."""
        return await self._tickets.joint_problem(statements)

    async def close(self) -> None:
        if self._one_call:
            await self._one_call.close()
        await self._caller.close()
        await self._gateway.close()

    async def _understand(self, dialogue: Dialogue) -> Understood:
        def reading(reply: Reply) -> Understood:
            return read(reply, UnderstandOutput).understood(dialogue)

        return await self._caller.ask(await self._job("understand", dialogue, reading))

    def _learning(
        self,
        task: ReasonerTask,
        dialogue: Dialogue,
        values: Callable[[int], Mapping[str, object]],
        reading: Callable[[Reply], T],
    ) -> Job[T]:
        """A job on the whole dialogue. `values` fills the prompt within so many characters of untrusted text."""
        prompt = self._prompts[task]

        def messages(abilities: Abilities, complaint: str) -> Sequence[ChatMessage]:
            return chat(*prompt.render({**values(abilities.chars), "complaint": complaint}))

        return Job(
            task,
            dialogue.turn_id or dialogue.session_id,
            prompt.head.output,
            pictured=False,
            messages=messages,
            read=reading,
        )

    async def _job(
        self,
        task: PromptTask,
        dialogue: Dialogue,
        reading: Callable[[Reply], T],
        *,
        questions: Sequence[str] = (),
        references: Sequence[Reference] = (),
        findings: Sequence[Finding] = (),
        tools: Sequence[Tool] = (),
    ) -> Job[T]:
        prompt = self._prompts[task]
        total = total_pictures(dialogue.turn_messages)
        known = await self._caller.abilities(task)
        urls = await self._pictures.data_urls(dialogue.turn_messages) if total and known.images else ()

        def messages(abilities: Abilities, complaint: str) -> Sequence[ChatMessage]:
            seen = urls if abilities.images else ()
            shown = transcript(dialogue, abilities.chars)
            fair = fair_share(abilities.chars, len(references) + len(findings))
            values = {
                "scope": dialogue.scope,
                "omitted": shown.omitted,
                "history": shown.history,
                "turn": shown.turn,
                "questions": questions,
                "references": passages(references, fair),
                "findings": shown_findings(findings, fair),
                "tools": shown_tools(tools, abilities.chars),
                "pictures_seen": len(seen),
                "pictures_unseen": total - len(seen),
                "complaint": complaint,
            }
            return chat(*prompt.render(values), seen)

        return Job(task, dialogue.turn_id or dialogue.session_id, prompt.head.output, bool(urls), messages, reading)
