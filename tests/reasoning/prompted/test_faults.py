"""litellm's exceptions, all of them, read into our few kinds."""

from __future__ import annotations

import inspect
from typing import get_args

import litellm
import litellm.exceptions
import pytest

from vigilbot.errors import ModelRejected, ModelUnavailable
from vigilbot.reasoning.prompted.faults import CLASS_KINDS, NEVER_RETRIED, EndpointFault, FaultKind, as_error, fault_of

EXPORTED: list[type[Exception]] = sorted(
    {
        cls
        for module in (litellm, litellm.exceptions)
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, Exception) and cls.__module__.startswith("litellm")
    },
    key=lambda cls: cls.__name__,
)


def test_every_exception_litellm_exports_has_a_kind() -> None:
    assert len(EXPORTED) > 25
    assert [cls.__name__ for cls in EXPORTED if cls.__name__ not in CLASS_KINDS] == []


def test_no_kind_is_given_to_an_exception_that_is_gone() -> None:
    ours = {"TimeoutError", "APIResponseValidationError"}
    assert CLASS_KINDS.keys() - {cls.__name__ for cls in EXPORTED} <= ours


@pytest.mark.parametrize("kind", get_args(FaultKind))
def test_every_kind_becomes_one_line_naming_the_setting(kind: FaultKind) -> None:
    error = as_error(
        EndpointFault(kind, "said so"), where="VIGIL_MODEL=a/b", key="A_API_KEY", seconds=3, limit="VIGIL_X"
    )
    assert str(error).startswith("VIGIL_MODEL=a/b: ")
    assert "{" not in str(error)
    assert isinstance(error, ModelRejected if kind in NEVER_RETRIED else ModelUnavailable)


class _Said(Exception):
    """An exception as litellm builds them: a status beside the text."""

    def __init__(self, text: str, status_code: int) -> None:
        super().__init__(text)
        self.status_code = status_code


@pytest.mark.parametrize(
    ("name", "text", "status", "kind"),
    [
        ("BadRequestError", "Incorrect key", 401, "auth"),
        ("BadRequestError", "no", 404, "unknown_model"),
        ("APIError", "no", 402, "payment"),
        ("APIError", "too large", 413, "context"),
        ("APIError", "overloaded", 529, "unavailable"),
        ("InternalServerError", "Missing credentials. Please pass an `api_key`", 500, "auth"),
        ("InternalServerError", "image input is not supported - hint: mmproj", 500, "bad_request"),
        ("BadRequestError", "the request exceeds the available context size", 400, "context"),
        ("RateLimitError", "insufficient_quota", 429, "payment"),
        ("MidStreamFallbackError", "connection lost", 503, "unavailable"),
        ("KeyError", "'choices'", 0, "unavailable"),
    ],
)
def test_status_and_text_say_more_than_the_class(name: str, text: str, status: int, kind: FaultKind) -> None:
    named = type(name, (_Said,), {})
    assert fault_of(named(text, status)).kind == kind


@pytest.mark.parametrize(
    "secret",
    [
        "Incorrect API key provided: sk-proj-abc",
        "header Authorization: Bearer abc",
        "could not reach https://admin:hunter2@llm.example/v1",
        "token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0",
        "key AIza-SyD4f and 0123456789abcdef0123456789abcdef",
    ],
)
def test_nothing_that_can_be_a_key_is_repeated(secret: str) -> None:
    detail = fault_of(ValueError(secret)).detail
    for part in ("abc", "hunter2", "eyJ", "SyD4f", "0123456789"):
        assert part not in detail


def test_what_the_endpoint_said_is_one_short_line() -> None:
    detail = fault_of(ValueError("litellm.BadRequestError: OpenAIException - no\n\n  way " + "x " * 500)).detail
    assert detail.startswith("no way x")
    assert len(detail) <= 160
