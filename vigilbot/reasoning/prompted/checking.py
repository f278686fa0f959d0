"""Could the configured models be asked at all? Told before anything slow is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.errors import ConfigError
from vigilbot.reasoning.prompted.choice import configured
from vigilbot.reasoning.prompted.gateway import Gateway

if TYPE_CHECKING:
    from vigilbot.config import Settings
    from vigilbot.reasoning.prompted.choice import Choice, PromptTask


async def check(settings: Settings) -> None:
    """Look at each configured model. Raises ConfigError with setting and fix when no call of it could ever succeed."""
    gateway = Gateway(settings.model_api_base)
    for choice, task in configured(settings):
        await check_model(gateway, choice, task)


async def check_model(gateway: Gateway, choice: Choice, task: PromptTask) -> None:
    """Raises ConfigError when the model's name tells no provider, or its key is set nowhere."""
    model = choice.model(task)
    if not await gateway.knows_provider(model):
        raise ConfigError(
            f"{choice.where(task)}: no such model; check the name, spelled provider/model as litellm does"
        )
    if await gateway.lacks_key(model):
        raise ConfigError(f"{choice.where(task)}: there is no key for it; set {await gateway.key_name(model)}")
