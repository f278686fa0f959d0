"""Do the configured models answer at all? Asked by `vigilbot doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from vigilbot.config import ReasonerTask
from vigilbot.reasoning.prompted.caller import TimeLimit, raise_fault
from vigilbot.reasoning.prompted.choice import Choice
from vigilbot.reasoning.prompted.faults import EndpointFault
from vigilbot.reasoning.prompted.gateway import ChatRequest, Gateway

if TYPE_CHECKING:
    from vigilbot.config import Settings

PROBE_SECONDS = 20.0


async def probe(settings: Settings) -> None:
    """Ask each configured model for one word. Raises ModelUnavailable or ModelRejected with the fix in one line.

    Does nothing when no model is configured; ConfigError when only some tasks have one.
    """
    asked: dict[str, tuple[Choice, ReasonerTask]] = {}
    if settings.uses_models:
        own = Choice(settings)
        asked |= {own.model(task): (own, task) for task in get_args(ReasonerTask)}
    others = [Choice(settings, model) for model in settings.fallback_models]
    if second := settings.model_second_answer:
        others.append(Choice(settings, second, "model_second_answer"))
    asked |= {choice.model("answer"): (choice, "answer") for choice in others}
    gateway = Gateway(settings.model_api_base)
    try:
        for choice, task in asked.values():
            await _probe(gateway, choice, task)
    finally:
        await gateway.close()


async def _probe(gateway: Gateway, choice: Choice, task: ReasonerTask) -> None:
    ping = [{"role": "user", "content": "Reply with the word ok."}]
    limit = TimeLimit(min(PROBE_SECONDS, choice.settings.model_timeout), "VIGIL_MODEL_TIMEOUT")
    try:
        await gateway.complete(ChatRequest(task, choice.model(task), ping, limit.seconds))
    except EndpointFault as fault:
        await raise_fault(fault, choice, task, gateway, limit)
