"""The thinking tasks of a turn, each one prompt and one call; those of learning and triage are handed on.

Citations are held to the rules later, in code, by the pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar, get_args

from vigilbot.config import ReasonerTask
from vigilbot.models import Answer
from vigilbot.reasoning.prompted import prompts
from vigilbot.reasoning.prompted.annotations import PromptedAnnotationJudge
from vigilbot.reasoning.prompted.caller import Caller
from vigilbot.reasoning.prompted.checking import check_model
from vigilbot.reasoning.prompted.choice import Choice, PromptTask
from vigilbot.reasoning.prompted.gateway import Gateway, chat
from vigilbot.reasoning.prompted.jobs import Job
from vigilbot.reasoning.prompted.learning import PromptedLearning
from vigilbot.reasoning.prompted.one_call import OneCall, Understood
from vigilbot.reasoning.prompted.output import ModelDeclined, read
from vigilbot.reasoning.prompted.pictures import Pictures
from vigilbot.reasoning.prompted.tools import ChooseToolsOutput, shown_findings, shown_tools
from vigilbot.reasoning.prompted.transcript import (
    fair_share,
    passages,
    total_pictures,
    transcript,
)
from vigilbot.reasoning.prompted.triage import PromptedTriage
from vigilbot.reasoning.prompted.turn_outputs import (
    AnswerOutput,
    IdentifyOutput,
    RewriteOutput,
    UnderstandOutput,
    refused_part,
)
from vigilbot.reasoning.shown import shown_message
from vigilbot.runtime.clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

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
    from vigilbot.runtime.clock import Clock

TASKS: tuple[ReasonerTask, ...] = get_args(ReasonerTask)
TURN_TASKS: tuple[PromptTask, ...] = ("identify", "rewrite", "understand", "choose_tools", "answer")

T = TypeVar("T")


class PromptMaterial(NamedTuple):
    """What a prompt shows beside the dialogue."""

    questions: Sequence[str] = ()
    references: Sequence[Reference] = ()
    findings: Sequence[Finding] = ()
    tools: Sequence[Tool] = ()


NOTHING_BESIDE = PromptMaterial()


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
        self._prompts = {task: prompts.load(task) for task in TURN_TASKS}
        if answer_prompt:
            self._prompts["answer"] = prompts.load_other("answer", answer_prompt)
        self._gateway = Gateway(settings.model_api_base)
        self._caller = Caller(self._choice, self._gateway, recorder, clock or WallClock())
        self._learning = PromptedLearning(self._caller)
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

        Raises ConfigError when a model's name tells no provider, or its key is set nowhere.
        """
        await self.loaded()
        for task in TASKS:
            await check_model(self._gateway, self._choice, task)

    async def identify(self, dialogue: Dialogue) -> Identification:
        """One call. A label outside the menu, twice, raises OutputUnreadable: undecided, never a guess."""
        if self._one_call:
            return (await self._one_call.half("identify", dialogue)).identification

        def reading(reply: Reply) -> Identification:
            return read(reply, IdentifyOutput).identification()

        return await self._caller.ask(await self._turn_job("identify", dialogue, reading))

    async def rewrite(self, dialogue: Dialogue) -> Question:
        """One call; with VIGIL_ONE_CALL the same that identifies."""
        if self._one_call:
            return (await self._one_call.half("rewrite", dialogue)).question

        def reading(reply: Reply) -> Question:
            return read(reply, RewriteOutput).rewritten()

        return await self._caller.ask(await self._turn_job("rewrite", dialogue, reading))

    async def choose_tools(self, dialogue: Dialogue, tools: Sequence[Tool]) -> tuple[ToolCall, ...]:
        """One call. Tools that were not offered are left out."""

        def reading(reply: Reply) -> tuple[ToolCall, ...]:
            return read(reply, ChooseToolsOutput).proposed(tools)

        return await self._caller.ask(
            await self._turn_job("choose_tools", dialogue, reading, PromptMaterial(tools=tools))
        )

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

        material = PromptMaterial(questions=question.parts, references=references, findings=findings)
        try:
            return await self._caller.ask(await self._turn_job("answer", dialogue, reading, material))
        except ModelDeclined:
            return refusal

    async def extract(self, dialogue: Dialogue, question: Question) -> Extraction:
        """One call. What rests on no analyst's message is no answer, whatever the model says."""
        return await self._learning.extract(dialogue, question)

    async def review(self, dialogue: Dialogue, turn: Turn) -> Review:
        """One call. A verdict off the menu leaves it undecided; references that never were are ignored."""
        return await self._learning.review(dialogue, turn)

    async def judge_page(self, dialogue: Dialogue, title: str, text: str) -> Judgement:
        """One call; of a long page the beginning and the end are shown."""
        return await self._learning.judge_page(dialogue, title, text)

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

        return await self._caller.ask(await self._turn_job("understand", dialogue, reading))

    async def _turn_job(
        self,
        task: PromptTask,
        dialogue: Dialogue,
        reading: Callable[[Reply], T],
        material: PromptMaterial = NOTHING_BESIDE,
    ) -> Job[T]:
        """A job on the turn of a dialogue, with the pictures of the turn where the model can see them."""
        prompt = self._prompts[task]
        total = total_pictures(dialogue.turn_messages)
        known = await self._caller.abilities(task)
        urls = await self._pictures.data_urls(dialogue.turn_messages) if total and known.images else ()

        def messages(abilities: Abilities, complaint: str) -> Sequence[ChatMessage]:
            seen = urls if abilities.images else ()
            shown = transcript(dialogue, abilities.chars)
            fair = fair_share(abilities.chars, len(material.references) + len(material.findings))
            values = {
                "scope": dialogue.scope,
                "omitted": shown.omitted,
                "history": shown.history,
                "turn": shown.turn,
                "questions": [shown_message(question) for question in material.questions],
                "references": passages(material.references, fair),
                "findings": shown_findings(material.findings, fair),
                "tools": shown_tools(material.tools, abilities.chars),
                "pictures_seen": len(seen),
                "pictures_unseen": total - len(seen),
                "complaint": complaint,
            }
            return chat(*prompt.render(values), seen)

        return Job(task, dialogue.turn_id or dialogue.session_id, prompt.head.output, bool(urls), messages, reading)
