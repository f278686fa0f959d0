"""The only importer of litellm: one chat request in, one plain reply or one EndpointFault out.

litellm takes seconds to import and over 100 MB, so it is loaded in a thread when first needed, or by `warm`.
It neither retries nor logs here: retries are the caller's, and its logs would hold prompts.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vigilbot.reasoning.prompted.faults import EndpointFault, fault_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ChatMessage = dict[str, Any]
"""A message in OpenAI's shape, which litellm translates for every provider."""

_NOBODY = "http://127.0.0.1:9"
_LOGGERS = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "litellm")


def chat(system: str, user: str, data_urls: Sequence[str] = ()) -> list[ChatMessage]:
    """Two messages; pictures, as data URLs, hang on the user's."""
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in data_urls]
    content = [{"type": "text", "text": user}, *pictures] if pictures else user
    return [{"role": "system", "content": system}, {"role": "user", "content": content}]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request. `schema` asks for JSON of that shape under the name `task`; `seconds` is its time-out."""

    task: str
    model: str
    messages: Sequence[ChatMessage]
    seconds: float
    schema: Mapping[str, Any] | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `declined` says that the provider marked it as a refusal; cost is 0 when the price is unknown."""

    text: str = ""
    declined: bool = False
    cut_off: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What litellm's bundled table knows of a model; `sees_images` is True when it knows nothing."""

    sees_images: bool
    max_input_tokens: int | None


class Gateway:
    """The way to every model, through litellm; `api_base` replaces the provider's own address."""

    def __init__(self, api_base: str | None = None) -> None:
        self._api_base = api_base
        self._litellm: Any = None
        self._loading = asyncio.Lock()

    async def warm(self) -> None:
        """Load litellm in a thread, unless that has been done."""
        await self._loaded()

    async def complete(self, request: ChatRequest) -> Reply:
        """Send one request once. Raises EndpointFault, whatever went wrong."""
        litellm = await self._loaded()
        try:
            async with asyncio.timeout(request.seconds):
                response = await litellm.acompletion(**self._arguments(litellm, request))
            return _reply_of(response)
        except Exception as error:  # providers' libraries beneath litellm raise their own; none may cross this line
            raise fault_of(error) from None

    async def facts(self, model: str) -> ModelFacts:
        litellm = await self._loaded()
        try:
            info = litellm.get_model_info(model)
        except Exception:  # litellm raises bare Exceptions for models it does not list
            return ModelFacts(sees_images=True, max_input_tokens=None)
        limit = info.get("max_input_tokens")
        return ModelFacts(sees_images=bool(info.get("supports_vision")) or limit is None, max_input_tokens=limit)

    async def knows_provider(self, model: str) -> bool:
        """Whether litellm can tell whose model this is; without that no call can be made. Nothing is sent."""
        litellm = await self._loaded()
        try:
            litellm.get_llm_provider(model)
        except Exception:  # as above
            return False
        return True

    async def lacks_key(self, model: str) -> bool:
        """Whether the provider's client refuses to send anything, for want of a key in the environment.

        False where that cannot be told: own endpoints, cloud roles, and clients that leave it to the provider.
        """
        litellm = await self._loaded()
        missing = [] if self._api_base else litellm.validate_environment(model)["missing_keys"]
        if not missing or not all(name.endswith("_API_KEY") for name in missing):
            return False
        # The key may also stand under a name that the list does not have: the client itself is asked.
        refused = await asyncio.to_thread(asyncio.run, _asked_of_nobody(litellm, model))
        return refused.kind == "auth"

    async def key_name(self, model: str) -> str:
        """The environment variable that holds this model's key, as litellm reads it."""
        litellm = await self._loaded()
        if missing := litellm.validate_environment(model)["missing_keys"]:
            return str(missing[0])
        try:
            _, provider, _, _ = litellm.get_llm_provider(model)
        except Exception:  # as above
            return "the provider's API key"
        return f"{str(provider).upper()}_API_KEY"

    async def close(self) -> None:
        """Close litellm's connections."""
        if self._litellm is not None:
            await self._litellm.close_litellm_async_clients()

    async def _loaded(self) -> Any:
        async with self._loading:
            if self._litellm is None:
                self._litellm = await asyncio.to_thread(_litellm_loaded)
        return self._litellm

    def _arguments(self, litellm: Any, request: ChatRequest) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "model": request.model,
            "messages": list(request.messages),
            "timeout": request.seconds,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
        }
        if request.temperature is not None:
            arguments["temperature"] = request.temperature
        if request.schema is not None:
            shape = {"name": request.task, "schema": dict(request.schema), "strict": True}
            arguments["response_format"] = {"type": "json_schema", "json_schema": shape}
        if self._api_base is not None:
            arguments["api_base"] = self._api_base
            if litellm.validate_environment(request.model)["missing_keys"]:
                # Own endpoints often want no key, but the client beneath litellm refuses to start without one.
                arguments["api_key"] = "none"
        return arguments


def _litellm_loaded() -> Any:
    # Read at import: otherwise litellm fetches its price table from the network.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    first = "litellm" not in sys.modules
    import litellm  # noqa: PLC0415 - seconds and over 100 MB: not on the start-up path

    for name in _LOGGERS:
        logging.getLogger(name).disabled = True
    litellm.suppress_debug_info = True
    litellm.turn_off_message_logging = True
    # It makes the coroutine of a call in a thread; who is cancelled meanwhile, as turns are, never awaits it.
    warnings.filterwarnings("ignore", r"coroutine '.*completion' was never awaited", RuntimeWarning)
    if first:
        # It leaves imports that take most of a second to its first request.
        asyncio.run(_asked_of_nobody(litellm, "openai/rehearsal", "none"))
    return litellm


async def _asked_of_nobody(litellm: Any, model: str, key: str | None = None) -> EndpointFault:
    """What becomes of a request to an address where nobody answers."""
    try:
        await litellm.acompletion(
            model=model,
            messages=[{"role": "user", "content": "-"}],
            api_base=_NOBODY,
            api_key=key,
            timeout=1,
            num_retries=0,
            max_retries=0,
        )
    except Exception as error:  # as in `complete`
        return fault_of(error)
    return EndpointFault("unavailable", "nobody has answered")


def _reply_of(response: Any) -> Reply:
    if not response.choices:
        raise EndpointFault("unavailable", "the reply holds no choices")
    choice = response.choices[0]
    usage = getattr(response, "usage", None)
    fields = getattr(choice.message, "provider_specific_fields", None) or {}
    return Reply(
        text=(choice.message.content or "").encode("utf-8", "replace").decode(),  # JSON can say half a surrogate pair
        declined=choice.finish_reason == "content_filter" or bool(fields.get("refusal")),
        cut_off=choice.finish_reason == "length",
        prompt_tokens=getattr(usage, "prompt_tokens", 0) or 0,
        completion_tokens=getattr(usage, "completion_tokens", 0) or 0,
        cost_usd=getattr(response, "_hidden_params", {}).get("response_cost") or 0.0,
    )
