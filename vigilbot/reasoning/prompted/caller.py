"""One thinking task, asked of its model: retries, adapting to what the endpoint can do, one re-ask, the accounts."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

import tenacity

from vigilbot.errors import ModelUnavailable, OutputUnreadable
from vigilbot.models import ModelCall
from vigilbot.reasoning.deadline import seconds_left
from vigilbot.reasoning.prompted.abilities import Abilities
from vigilbot.reasoning.prompted.faults import NEVER_RETRIED, EndpointFault, as_error
from vigilbot.reasoning.prompted.gateway import ChatRequest, Reply
from vigilbot.reasoning.prompted.output import KEPT_CHARS, ModelDeclined
from vigilbot.reasoning.shown import shown
from vigilbot.runtime.tasks import Tasks

if TYPE_CHECKING:
    from vigilbot.reasoning.base import CallRecorder
    from vigilbot.reasoning.prompted.choice import Choice, PromptTask
    from vigilbot.reasoning.prompted.gateway import Gateway
    from vigilbot.reasoning.prompted.jobs import Job
    from vigilbot.runtime.clock import Clock

T = TypeVar("T")

_BACKOFF = tenacity.wait_exponential_jitter(multiplier=0.25, max=4.0, jitter=0.25)
_ACCOUNTS_SECONDS = 5.0
_GRACE_SECONDS = 0.5
"""How much longer than its own time-out a request may take before it is cut off from outside."""


@dataclass(frozen=True, slots=True)
class _Run(Generic[T]):
    """A job under way: the model that does it, the moment (monotonic seconds) at which it must have ended, and why."""

    job: Job[T]
    model: str
    limit: TimeLimit
    deadline: float

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """How many seconds a job may take, all tries together, and the setting that says so."""

    seconds: float
    setting: str


class Caller:
    """Asks models on behalf of every prompted task, and records each call."""

    def __init__(self, choice: Choice, gateway: Gateway, recorder: CallRecorder, clock: Clock) -> None:
        self._choice = choice
        self._gateway = gateway
        self._recorder = recorder
        self._clock = clock
        self._abilities: dict[str, Abilities] = {}
        self._accounts = Tasks()

    async def ask(self, job: Job[T]) -> T:
        """Do the job within VIGIL_MODEL_TIMEOUT, or sooner when whoever asks waits less; all attempts together.

        Raises ModelUnavailable, ModelRejected, or OutputUnreadable after a second unreadable reply.
        """
        await self._gateway.warm()  # before the clock starts: loading litellm must not eat the model's time
        limit = self._time_limit()
        run = _Run(job, self._choice.model(job.task), limit, time.monotonic() + limit.seconds)
        try:
            async with asyncio.timeout(limit.seconds + _GRACE_SECONDS):
                return await self._asked(run)
        except EndpointFault as fault:
            await raise_fault(fault, self._choice, job.task, self._gateway, limit)
        except TimeoutError:
            raise ModelUnavailable(
                f"{self._choice.where(job.task)}: no answer in {limit.seconds:.1f} s ({limit.setting})"
            ) from None

    def _time_limit(self) -> TimeLimit:
        own, left = self._choice.settings.model_timeout, seconds_left()
        return TimeLimit(left, "VIGIL_LATENCY_BUDGET") if left < own else TimeLimit(own, "VIGIL_MODEL_TIMEOUT")

    async def close(self) -> None:
        """Return once the accounts are complete."""
        await self._accounts.drain(_ACCOUNTS_SECONDS)

    async def abilities(self, task: PromptTask) -> Abilities:
        """What this task's model can do, as far as known."""
        model = self._choice.model(task)
        if model not in self._abilities:
            self._abilities[model] = Abilities.of(await self._gateway.facts(model))
        return self._abilities[model]

    async def _asked(self, run: _Run[T]) -> T:
        try:
            return await self._adapted(run, complaint="")
        except ModelDeclined:
            raise
        except OutputUnreadable as unreadable:
            return await self._adapted(run, complaint=str(unreadable))

    async def _adapted(self, run: _Run[T], complaint: str) -> T:
        """Ask for less and less until the endpoint takes the request; remember what it never takes."""
        known = abilities = await self.abilities(run.job.task)
        while True:
            try:
                result = await self._retried(run, abilities, complaint)
            except EndpointFault as fault:
                weaker = abilities.after(fault, pictured=run.job.pictured)
                if weaker is None:
                    raise
                abilities = weaker
                continue
            except OutputUnreadable:
                self._abilities[run.model] = abilities.lasting(known)
                raise
            self._abilities[run.model] = abilities.lasting(known)
            return result

    async def _retried(self, run: _Run[T], abilities: Abilities, complaint: str) -> T:
        attempts = self._choice.settings.model_attempts
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_may_pass),
            wait=_pause,
            # Asked to wait longer than there is time left: fail now, not then.
            stop=tenacity.stop_after_attempt(attempts) | tenacity.stop_before_delay(run.seconds_left),
            reraise=True,
        )
        return await retrying(self._attempt, run, abilities, complaint)

    async def _attempt(self, run: _Run[T], abilities: Abilities, complaint: str) -> T:
        messages = await asyncio.to_thread(run.job.messages, abilities, complaint)  # redaction takes milliseconds
        request = ChatRequest(
            task=run.job.task,
            model=run.model,
            messages=messages,
            seconds=run.seconds_left,
            schema=run.job.schema if abilities.schema else None,
            temperature=run.job.temperature if abilities.temperature else None,
        )
        started_at, began = self._clock.now(), time.perf_counter()
        reply, error = Reply(), "cancelled"
        try:
            reply = await self._gateway.complete(request)
            result = run.job.read(reply)
            error = ""
        except (EndpointFault, OutputUnreadable) as fault:
            error = str(fault)
            raise
        finally:
            duration_ms = (time.perf_counter() - began) * 1e3
            # Beside the turn: a commit takes as long as a search, and nobody waits for the accounts.
            entry = _call(run, reply, error, started_at, duration_ms)
            self._accounts.spawn(self._recorder.record(entry), name="model_call_record")
        return result


async def raise_fault(
    fault: EndpointFault, choice: Choice, task: PromptTask, gateway: Gateway, limit: TimeLimit
) -> NoReturn:
    """Raise what callers are to see: one line that names the setting or the provider's key."""
    key = await gateway.key_name(choice.model(task))
    raise as_error(fault, where=choice.where(task), key=key, seconds=limit.seconds, limit=limit.setting) from None


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, EndpointFault) and error.kind not in NEVER_RETRIED


def _pause(state: tenacity.RetryCallState) -> float:
    """Seconds until the next attempt: what the endpoint asked for, or longer and longer with some chance in it."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, EndpointFault) else 0.0
    return max(asked, _BACKOFF(state))


def _call(run: _Run[T], reply: Reply, error: str, started_at: float, duration_ms: float) -> ModelCall:
    return ModelCall(
        turn_id=run.job.turn_id,
        task=run.job.task,
        model=run.model,
        started_at=started_at,
        duration_ms=duration_ms,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        cost_usd=reply.cost_usd,
        error=error,
        output=shown(reply.text)[:KEPT_CHARS],
    )
