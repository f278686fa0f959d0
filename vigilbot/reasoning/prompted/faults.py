"""What can go wrong at a model endpoint, in the few kinds that make a difference here.

litellm's exceptions are read by class name, HTTP status and, where providers blur those, by their text; litellm itself
need not be loaded for that. A test holds CLASS_KINDS against every exception litellm exports.
"""

from __future__ import annotations

import re
from typing import Literal

from vigilbot.errors import ModelRejected, ModelUnavailable, ReasonerError

FaultKind = Literal[
    "auth", "unknown_model", "payment", "policy", "context", "bad_request", "rate_limited", "timeout", "unavailable"
]

NEVER_RETRIED: frozenset[FaultKind] = frozenset(
    {"auth", "unknown_model", "payment", "policy", "context", "bad_request"}
)
"""The same request would only be refused again."""

CLASS_KINDS: dict[str, FaultKind] = {
    "AuthenticationError": "auth",
    "PermissionDeniedError": "auth",
    "NotFoundError": "unknown_model",
    "LiteLLMUnknownProvider": "unknown_model",
    "ModelNotMappedError": "unknown_model",
    "PaymentRequiredError": "payment",
    "BudgetExceededError": "payment",
    "ContentPolicyViolationError": "policy",
    "GuardrailRaisedException": "policy",
    "BlockedPiiEntityError": "policy",
    "ModifyResponseException": "policy",
    "SensitiveDataRouteException": "policy",
    "ContextWindowExceededError": "context",
    "BadRequestError": "bad_request",
    "InvalidRequestError": "bad_request",
    "RejectedRequestError": "bad_request",
    "UnprocessableEntityError": "bad_request",
    "UnsupportedParamsError": "bad_request",
    "ImageFetchError": "bad_request",
    "VectorStoreSearchError": "bad_request",
    "ToolLoopMaxRoundsExceeded": "bad_request",
    "RateLimitError": "rate_limited",
    "RouterRateLimitError": "rate_limited",
    "RouterRateLimitErrorBasic": "rate_limited",
    "Timeout": "timeout",
    "TimeoutError": "timeout",
    "APIConnectionError": "unavailable",
    "APIError": "unavailable",
    "APIResponseValidationError": "unavailable",
    "BadGatewayError": "unavailable",
    "InternalServerError": "unavailable",
    "JSONSchemaValidationError": "unavailable",
    "MidStreamFallbackError": "unavailable",
    "MockException": "unavailable",
    "OpenAIError": "unavailable",
    "ServiceUnavailableError": "unavailable",
}

_STATUS_KINDS: dict[int, FaultKind] = {
    400: "bad_request",
    401: "auth",
    402: "payment",
    403: "auth",
    404: "unknown_model",
    408: "timeout",
    413: "context",
    422: "bad_request",
    429: "rate_limited",
    504: "timeout",
}

_TEXT_KINDS: tuple[tuple[str, FaultKind], ...] = (
    (r"insufficient_quota|exceeded your current quota|credit balance is too low", "payment"),
    (r"missing credentials|api_key client option|missing \S* ?api[ _]key|(incorrect|invalid) api key", "auth"),
    (r"llm provider not provided|model \S+ (does not exist|not found)|no such model", "unknown_model"),
    (r"context (length|window|size)|maximum context|(prompt|input) is too long|too many tokens", "context"),
    (r"content[ _](policy|filter|management)|responsible ai", "policy"),
    (r"image input is not supported|does not support images?\b|not a multimodal model", "bad_request"),
)
_BLURRED: frozenset[FaultKind] = frozenset({"bad_request", "unavailable", "rate_limited"})
"""Kinds under which providers also report something more definite, in words."""


class RequestRefused(ModelRejected):
    """This one request was refused for what it says or how long it is; another may well be answered."""


class EndpointFault(Exception):
    """One failed request. Stays within `reasoning`: callers get what `as_error` makes of it."""

    def __init__(self, kind: FaultKind, detail: str = "", retry_after: float = 0.0) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind: FaultKind = kind
        self.detail = detail
        """What the endpoint said: one short line without secrets."""
        self.retry_after = retry_after
        """Seconds the endpoint asked to wait; 0 when it did not."""


def fault_of(error: Exception) -> EndpointFault:
    """Read whatever litellm, or a library beneath it, has raised."""
    text = str(error)
    return EndpointFault(_kind_of(error, text), scrubbed(text), _retry_after(error))


def _kind_of(error: Exception, text: str) -> FaultKind:
    names = (cls.__name__ for cls in type(error).__mro__)
    kind: FaultKind = next((CLASS_KINDS[name] for name in names if name in CLASS_KINDS), "unavailable")
    status = getattr(error, "status_code", None)
    if kind in {"bad_request", "unavailable"} and isinstance(status, int):
        kind = _STATUS_KINDS.get(status, kind)
    if kind in _BLURRED:
        return next((said for pattern, said in _TEXT_KINDS if re.search(pattern, text, re.IGNORECASE)), kind)
    return kind


def _retry_after(error: Exception) -> float:
    """Seconds from the `Retry-After` header, which litellm keeps in one of two places; 0 for none or a date."""
    for headers in (
        getattr(error, "litellm_response_headers", None),
        getattr(getattr(error, "response", None), "headers", None),
    ):
        try:
            return max(0.0, float(headers["retry-after"]))  # type: ignore[index]  # any mapping, or none at all
        except (TypeError, KeyError, ValueError):
            continue
    return 0.0


_MOST_READ = 4_000
_NOISE = re.compile(r"^(litellm\.)?(\w+(Error|Exception|Timeout)\b( Error)?[:\s-]*|litellm\.)+")
_SECRETS = re.compile(
    r"(?<=://)[^/\s@]+@"  # user:password@host
    r"|(?<=Bearer )\S+"
    r"|\b(?:sk|pk|gsk|xox[a-z]|AIza|key)[-_*]\S+"
    r"|(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{20,}"  # any long run of letters and digits
)


def scrubbed(text: str) -> str:
    """One line of at most 160 characters in which nothing can be a key."""
    line = " ".join(text[:_MOST_READ].split())
    return _SECRETS.sub("…", _NOISE.sub("", line))[:160]


_ERRORS: dict[FaultKind, tuple[type[ReasonerError], str]] = {
    "auth": (ModelRejected, "the endpoint does not accept the key; set or correct {key}"),
    "unknown_model": (ModelRejected, "no such model{said}; check the name, spelled provider/model as litellm does"),
    "payment": (ModelRejected, "the account's credit or budget is used up; top it up at the provider"),
    "policy": (RequestRefused, "the provider's content filter refused the request; nothing here can change that"),
    "context": (RequestRefused, "even the shortened dialogue does not fit; choose a model with more context"),
    "bad_request": (RequestRefused, "the endpoint refused the request{said}; check what the model can do"),
    "rate_limited": (ModelUnavailable, "rate-limited at every try{said}; raise the limit at the provider"),
    "timeout": (ModelUnavailable, "no answer in {seconds:g} s; raise {limit} or take a faster model"),
    "unavailable": (ModelUnavailable, "the endpoint fails{said}; check VIGIL_MODEL_API_BASE and the provider's status"),
}


def as_error(fault: EndpointFault, *, where: str, key: str, seconds: float, limit: str) -> ReasonerError:
    """The error callers see: one line with the setting (`where`: `VIGIL_MODEL=openai/x`) and the fix.

    `key` is the environment variable that holds the provider's key, `seconds` the time-out in force, and `limit` the
    setting it comes from.
    """
    error, fix = _ERRORS[fault.kind]
    said = f" ({fault.detail})" if fault.detail else ""
    return error(f"{where}: " + fix.format(key=key, said=said, seconds=round(seconds, 1), limit=limit))
