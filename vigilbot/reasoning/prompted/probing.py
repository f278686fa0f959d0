"""Do the configured models answer at all? Asked by `vigilbot doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.reasoning.prompted.caller import TimeLimit, raise_fault
from vigilbot.reasoning.prompted.choice import configured
from vigilbot.reasoning.prompted.faults import EndpointFault
from vigilbot.reasoning.prompted.gateway import ChatRequest, Gateway

if TYPE_CHECKING:
    from vigilbot.config import ReasonerTask, Settings
    from vigilbot.reasoning.prompted.choice import Choice

PROBE_SECONDS = 20.0


async def probe(settings: Settings) -> None:
    """Ask each configured model for one word. Raises ModelUnavailable or ModelRejected with the fix in one line.

    Does nothing when no model is configured; ConfigError when only some tasks have one.
    """
    gateway = Gateway(settings.model_api_base)
    try:
        for choice, task in configured(settings):
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
