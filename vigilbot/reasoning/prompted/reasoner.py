"""The three thinking tasks, each one prompt and one call. Citations are gated later, in code, by the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, get_args

from vigilbot.clock import WallClock
from vigilbot.config import ReasonerTask
from vigilbot.errors import ConfigError
from vigilbot.models import Answer
from vigilbot.reasoning.prompted import prompts
from vigilbot.reasoning.prompted.caller import Caller, Job, model_for, raise_fault, setting_of
from vigilbot.reasoning.prompted.faults import EndpointFault
from vigilbot.reasoning.prompted.gateway import ChatRequest, Gateway
from vigilbot.reasoning.prompted.output import ModelDeclined, read
from vigilbot.reasoning.prompted.pictures import Pictures
from vigilbot.reasoning.prompted.shapes import AnswerOutput, IdentifyOutput, RewriteOutput, refused_part
from vigilbot.reasoning.prompted.transcript import passages, total_pictures, transcript

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from vigilbot.clock import Clock
    from vigilbot.config import Settings
    from vigilbot.models import Dialogue, Identification, Image, Question, Reference
    from vigilbot.reasoning.base import CallRecorder
    from vigilbot.reasoning.prompted.abilities import Abilities
    from vigilbot.reasoning.prompted.gateway import ChatMessage, Reply

TASKS: tuple[ReasonerTask, ...] = get_args(ReasonerTask)
PROBE_SECONDS = 20.0

T = TypeVar("T")


class PromptedReasoner:
    """Implements `reasoning.base.Reasoner` with the models of VIGIL_MODEL and VIGIL_MODEL_<TASK>.

    `fetch_image` gives the bytes of a picture from whichever platform it was posted on.
    Raises ConfigError when a task has no model, PromptError when a prompt file is at fault.
    """

    def __init__(
        self,
        settings: Settings,
        recorder: CallRecorder,
        fetch_image: Callable[[Image], Awaitable[bytes]],
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._name = [model_for(settings, task) for task in TASKS][TASKS.index("answer")]
        self._prompts = {task: prompts.load(task) for task in TASKS}
        self._gateway = Gateway(settings.model_api_base)
        self._caller = Caller(settings, self._gateway, recorder, clock or WallClock())
        self._pictures = Pictures(fetch_image)

    @property
    def name(self) -> str:
        return self._name

    async def warm(self) -> None:
        """Load litellm in a thread, so that the first turn does not wait for it.

        Raises ConfigError when a model's name tells no provider: no call could ever succeed.
        """
        await self._gateway.warm()
        for task in TASKS:
            model = model_for(self._settings, task)
            if not await self._gateway.knows_provider(model):
                raise ConfigError(
                    f"{setting_of(self._settings, task)}={model}: no such model; "
                    "check the name, spelled provider/model as litellm does"
                )

    async def identify(self, dialogue: Dialogue) -> Identification:
        """One call. A label outside the menu, twice, raises OutputUnreadable: undecided, never a guess."""

        def reading(reply: Reply) -> Identification:
            return read(reply, IdentifyOutput).identification()

        return await self._caller.ask(await self._job("identify", dialogue, reading))

    async def rewrite(self, dialogue: Dialogue) -> Question:
        """One call."""

        def reading(reply: Reply) -> Question:
            return read(reply, RewriteOutput).rewritten()

        return await self._caller.ask(await self._job("rewrite", dialogue, reading))

    async def answer(self, question: Question, references: Sequence[Reference], dialogue: Dialogue) -> Answer:
        """One call; none without references, since nothing could be cited. A model that declines has refused."""
        refusal = Answer(tuple(refused_part(part) for part in question.parts), self._name)
        if not references:
            return refusal

        def reading(reply: Reply) -> Answer:
            return read(reply, AnswerOutput).answer(question, self._name)

        try:
            return await self._caller.ask(await self._job("answer", dialogue, reading, question.parts, references))
        except ModelDeclined:
            return refusal

    async def close(self) -> None:
        await self._gateway.close()

    async def _job(
        self,
        task: ReasonerTask,
        dialogue: Dialogue,
        reading: Callable[[Reply], T],
        questions: Sequence[str] = (),
        references: Sequence[Reference] = (),
    ) -> Job[T]:
        prompt = self._prompts[task]
        total = total_pictures(dialogue.turn_messages)
        known = await self._caller.abilities(task)
        urls = await self._pictures.data_urls(dialogue.turn_messages) if total and known.images else ()

        def messages(abilities: Abilities, complaint: str) -> Sequence[ChatMessage]:
            seen = urls if abilities.images else ()
            shown = transcript(dialogue, abilities.chars)
            values = {
                "scope": dialogue.scope,
                "omitted": shown.omitted,
                "history": shown.history,
                "turn": shown.turn,
                "questions": questions,
                "references": passages(references, abilities.chars),
                "pictures_seen": len(seen),
                "pictures_unseen": total - len(seen),
                "complaint": complaint,
            }
            return _chat(*prompt.render(values), seen)

        return Job(task, dialogue.turn_id, prompt.head.output, bool(urls), messages, reading)


async def probe(settings: Settings) -> None:
    """Ask each configured model for one word. Raises ModelUnavailable or ModelRejected with the fix in one line.

    Does nothing when no model is configured; ConfigError when only some tasks have one.
    """
    if not any(settings.model_for(task) for task in TASKS):
        return
    gateway = Gateway(settings.model_api_base)
    by_model = {model_for(settings, task): task for task in TASKS}
    ping = [{"role": "user", "content": "Reply with the word ok."}]
    try:
        for model, task in by_model.items():
            try:
                seconds = min(PROBE_SECONDS, settings.model_timeout)
                await gateway.complete(ChatRequest(task, model, ping, seconds))
            except EndpointFault as fault:
                await raise_fault(fault, settings, task, gateway)
    finally:
        await gateway.close()


def _chat(system: str, user: str, data_urls: Sequence[str]) -> list[ChatMessage]:
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in data_urls]
    content = [{"type": "text", "text": user}, *pictures] if pictures else user
    return [{"role": "system", "content": system}, {"role": "user", "content": content}]
