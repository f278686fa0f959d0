"""What an endpoint may do wrong, through real litellm: what is tried again, what is not, and what the admin reads."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.reasoning.prompted.conftest import Json, calls, dialogue, says
from vigilbot import config
from vigilbot.errors import ConfigError, ModelRejected, ModelUnavailable
from vigilbot.models import EVERYONE, Dialogue, Message
from vigilbot.reasoning.prompted import PromptedReasoner, probe
from vigilbot.storage.calls import CallLog

if TYPE_CHECKING:
    from tests.reasoning.prompted.conftest import Thinking
    from tests.standins.aimock import Aimock
    from vigilbot.models import Image, Role
    from vigilbot.storage.database import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")

TURN = dialogue("it stops with E1203")
GOOD = says("identify", {"reasoning": "", "scope": "within_scope"})


def refuses(status: int, message: str, kind: str = "invalid_request_error", **match: object) -> Json:
    return {"match": match, "response": {"error": {"message": message, "type": kind}, "status": status}}


@pytest.mark.parametrize(("status", "kind"), [(429, "rate_limited"), (500, "unavailable"), (503, "unavailable")])
async def test_a_passing_fault_is_tried_again(
    llm: Aimock, thinking: Thinking, accounts: Database, status: int, kind: str
) -> None:
    await llm.replace([GOOD])
    await llm.fail_next(status)
    async with thinking() as reasoner:
        assert (await reasoner.identify(TURN)).scope == "within_scope"
    failed, good = await calls(accounts)
    assert failed["error"].startswith(kind)
    assert good["error"] == ""


async def test_attempts_are_limited(llm: Aimock, thinking: Thinking, accounts: Database) -> None:
    await llm.replace([GOOD])
    await llm.chaos(drop=1)
    async with thinking(model_attempts=2) as reasoner:
        with pytest.raises(
            ModelUnavailable, match=r"^VIGIL_MODEL=openai/x: the endpoint fails \(Chaos: .*VIGIL_MODEL_API_BASE"
        ):
            await reasoner.identify(TURN)
    assert len(await llm.journal()) == 2
    assert [bool(call["error"]) for call in await calls(accounts)] == [True, True]


async def test_retry_after_is_kept(llm: Aimock, thinking: Thinking) -> None:
    slow = {"error": {"message": "slow down", "type": "rate_limit_error"}, "status": 429, "retryAfter": 1}
    await llm.replace([{"match": {"sequenceIndex": 0}, "response": slow}, GOOD])
    async with thinking() as reasoner:
        began = time.monotonic()
        await reasoner.identify(TURN)
    assert time.monotonic() - began >= 1.0


async def test_asked_to_wait_too_long_fails_at_once(llm: Aimock, thinking: Thinking) -> None:
    slow = {"error": {"message": "slow down", "type": "rate_limit_error"}, "status": 429, "retryAfter": 60}
    await llm.replace([{"match": {}, "response": slow}])
    async with thinking() as reasoner:
        began = time.monotonic()
        with pytest.raises(ModelUnavailable, match="rate-limited"):
            await reasoner.identify(TURN)
    assert time.monotonic() - began < 2
    assert len(await llm.journal()) == 1


async def test_a_silent_endpoint_times_out_and_is_accounted(
    llm: Aimock, thinking: Thinking, accounts: Database
) -> None:
    await llm.replace([GOOD])
    await llm.chaos(latency_ms=5000)
    async with thinking(model_timeout=0.4) as reasoner:
        began = time.monotonic()
        with pytest.raises(
            ModelUnavailable, match=r"VIGIL_MODEL=openai/x: no answer in 0\.4 s; raise VIGIL_MODEL_TIMEOUT"
        ):
            await reasoner.identify(TURN)
    assert time.monotonic() - began < 1.5
    (call,) = await calls(accounts)
    assert call["error"].startswith("timeout")


@pytest.mark.parametrize("chaos", ["malformed", "disconnect"])
async def test_a_broken_transport_is_unavailable(llm: Aimock, thinking: Thinking, chaos: str) -> None:
    await llm.replace([GOOD])
    await llm.chaos(malformed=float(chaos == "malformed"), disconnect=float(chaos == "disconnect"))
    async with thinking(model_attempts=2) as reasoner:
        with pytest.raises(ModelUnavailable):
            await reasoner.identify(TURN)


async def test_nobody_listening(thinking: Thinking) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        async with thinking(model_api_base=base, model_attempts=1) as reasoner:
            with pytest.raises(ModelUnavailable, match="check VIGIL_MODEL_API_BASE"):
                await reasoner.identify(TURN)


@pytest.mark.parametrize(
    ("status", "message", "kind", "line"),
    [
        (
            401,
            "Incorrect API key provided: sk-live-1234567890",
            "invalid_request_error",
            "set or correct OPENAI_API_KEY",
        ),
        (401, "no", "authentication_error", "set or correct OPENAI_API_KEY"),
        (403, "no", "permission_error", "set or correct OPENAI_API_KEY"),
        (404, "The model `x` does not exist", "invalid_request_error", "no such model"),
        (402, "pay first", "billing", "credit or budget is used up"),
        (429, "You exceeded your current quota", "insufficient_quota", "credit or budget is used up"),
        (400, "blocked by the content management policy", "invalid_request_error", "content filter"),
    ],
)
async def test_a_lasting_fault_is_never_tried_again(
    llm: Aimock, thinking: Thinking, status: int, message: str, kind: str, line: str
) -> None:
    await llm.replace([refuses(status, message, kind)])
    async with thinking() as reasoner:
        with pytest.raises(ModelRejected, match=f"^VIGIL_MODEL=openai/x: .*{line}") as caught:
            await reasoner.identify(TURN)
    assert "\n" not in str(caught.value)
    assert "sk-live" not in str(caught.value)
    assert len(await llm.journal()) == 1


async def test_the_setting_of_the_task_is_named(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([refuses(404, "The model `y` does not exist")])
    async with thinking(model_identify="openai/y") as reasoner:
        with pytest.raises(ModelRejected, match=r"^VIGIL_MODEL_IDENTIFY=openai/y: no such model"):
            await reasoner.identify(TURN)


async def test_a_provider_litellm_does_not_know(thinking: Thinking) -> None:
    async with thinking(model="nonsense/x") as reasoner:
        with pytest.raises(ModelRejected, match=r"^VIGIL_MODEL=nonsense/x: no such model"):
            await reasoner.identify(TURN)


async def test_no_key_at_all(thinking: Thinking) -> None:
    async with thinking(model_api_base=None) as reasoner:
        with pytest.raises(ModelRejected, match="set or correct OPENAI_API_KEY"):
            await reasoner.identify(TURN)


async def test_an_endpoint_without_json_schema_is_asked_plainly_from_then_on(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace(
        [refuses(400, "response_format json_schema is not supported", responseFormat="json_schema"), GOOD]
    )
    async with thinking() as reasoner:
        for _ in range(2):
            assert (await reasoner.identify(TURN)).scope == "within_scope"
    assert ["response_format" in request for request in await llm.requests()] == [True, False, False]


async def test_a_refusal_that_names_nothing_is_met_by_asking_for_less(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([refuses(400, "bad request")])
    async with thinking() as reasoner:
        with pytest.raises(ModelRejected, match=r"refused the request \(bad request\)"):
            await reasoner.identify(TURN)
    asked = [("response_format" in request, "temperature" in request) for request in await llm.requests()]
    assert asked == [(True, True), (False, True), (False, False)]


async def test_a_dialogue_too_long_for_the_model_is_shortened(llm: Aimock, thinking: Thinking) -> None:
    full = refuses(400, "This model's maximum context length is 4096 tokens", systemMessage="support", sequenceIndex=0)
    await llm.replace([full, GOOD])
    history: list[tuple[Role, str]] = [("customer", f"line {n} " + "word " * 100) for n in range(40)]
    async with thinking() as reasoner:
        assert (await reasoner.identify(dialogue("still E1203", history=history))).scope == "within_scope"
    first, second = (len(request["messages"][1]["content"]) for request in await llm.requests())
    assert second < first / 2
    (_, last) = await llm.requests()
    assert "line 39" in last["messages"][1]["content"]
    assert "older messages left out" in last["messages"][1]["content"]


async def test_a_model_with_no_room_at_all(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([refuses(400, "This model's maximum context length is 512 tokens")])
    async with thinking() as reasoner:
        with pytest.raises(ModelRejected, match="choose a model with more context"):
            await reasoner.identify(TURN)
    assert len(await llm.journal()) == 3


async def test_a_forty_thousand_character_message_is_asked_in_part(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([GOOD])
    message = Message("1", "s1", "customer", "customer", "head " + "x" * 40_000 + " tail", 1.0)
    async with thinking() as reasoner:
        await reasoner.identify(Dialogue("s1", "t1", (message,), (message,), "Acme", frozenset({EVERYONE})))
    (request,) = await llm.requests()
    user = request["messages"][1]["content"]
    assert "head x" in user
    assert "x tail" in user
    assert len(user) < 20_000


async def test_a_cancelled_call_is_accounted(llm: Aimock, thinking: Thinking, accounts: Database) -> None:
    await llm.replace([GOOD])
    await llm.chaos(latency_ms=3000)
    async with thinking() as reasoner:
        thought = asyncio.create_task(reasoner.identify(TURN))
        await asyncio.sleep(0.3)
        thought.cancel()
        with pytest.raises(asyncio.CancelledError):
            await thought
    assert [call["error"] for call in await calls(accounts)] == ["cancelled"]


async def test_probe(llm: Aimock, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config.load(None, model="openai/x", model_api_base=llm.base_url, model_answer="openai/y")
    await llm.replace([{"match": {}, "response": {"content": "ok"}}])
    await probe(settings)
    assert sorted(request["model"] for request in await llm.requests()) == ["x", "y"]
    await llm.replace(
        [refuses(401, "bad key", "authentication_error", model="y"), {"match": {}, "response": {"content": "ok"}}]
    )
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine-0123456789")
    with pytest.raises(ModelRejected, match=r"^VIGIL_MODEL_ANSWER=openai/y: .* set or correct OPENAI_API_KEY$"):
        await probe(settings)


async def test_probe_without_a_model_asks_nobody(llm: Aimock) -> None:
    await probe(config.load(None, model_api_base=llm.base_url))
    assert await llm.journal() == []


async def test_a_task_without_a_model_is_refused_at_the_start(accounts: Database) -> None:
    async def fetch(_: Image) -> bytes:
        raise AssertionError("nothing to fetch")

    with pytest.raises(ConfigError, match=r"^VIGIL_MODEL_IDENTIFY: set it, or VIGIL_MODEL"):
        PromptedReasoner(config.load(None, model_answer="openai/x"), CallLog(accounts), fetch)
