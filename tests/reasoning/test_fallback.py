"""When the model cannot: the next one, then the built-in reasoner, in time, and honestly marked. Real endpoint."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest
from structlog.testing import capture_logs

from tests.reasoning.prompted.conftest import Json, calls, dialogue, followed, says
from vigilbot import config
from vigilbot.errors import ChatError, ConfigError, ModelUnavailable
from vigilbot.models import Question, Reference, Turn
from vigilbot.reasoning.breaker import OPENS_AFTER, PAUSE_SECONDS
from vigilbot.reasoning.extractive import ExtractiveReasoner
from vigilbot.reasoning.fallback import UNAVAILABLE, FallbackReasoner, with_fallbacks
from vigilbot.runtime.clock import VirtualClock
from vigilbot.storage.calls import CallLog
from vigilbot.tickets.categories import shipped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from tests.standins.aimock import Aimock
    from vigilbot.embedding.base import Embedder
    from vigilbot.models import Image
    from vigilbot.storage.database import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")

TURN = dialogue("How can I change the port of Acme Backup?", scope="Acme Backup: its settings and errors")
QUESTION = Question("How can I change the port of Acme Backup?")
REFERENCES = (
    Reference(
        *("e1", 1, "qa", "", "Set acme.port in its settings file and start it again.", "docs", 0.9),
        question="How can I change the port of Acme Backup?",
    ),
)
GOOD = [
    says("identify", {"reasoning": "It asks.", "scope": "within_scope"}),
    says("rewrite", {"reasoning": "", "question": "How is the port changed?", "sub_questions": []}),
    says("answer", {"reasoning": "", "answers": [{"question": 1, "refused": False, "text": "Set acme.port <doc_1>."}]}),
    says("extract", {"reasoning": "", "messages": [2], "question": "How?", "answer": "Like so."}),
]
STOOD_IN = f"extractive {UNAVAILABLE}"


@dataclass(frozen=True, slots=True)
class Stage:
    reasoner: FallbackReasoner
    clock: VirtualClock

    async def answered_by(self) -> str:
        """One turn from start to end: who wrote its answer."""
        identified, question = await asyncio.gather(self.reasoner.identify(TURN), self.reasoner.rewrite(TURN))
        assert identified.scope == "within_scope"
        answer = await self.reasoner.answer(question, REFERENCES, TURN)
        assert "<doc_1>" in answer.text
        return answer.reasoner

    def passes(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.now() + seconds)


class Opened(Protocol):
    def __call__(self, **settings: object) -> AbstractAsyncContextManager[Stage]: ...


@pytest.fixture
def stage(llm: Aimock, accounts: Database, embedder: Embedder) -> Opened:
    """Opens a fallback reasoner on the endpoint; settings by field name."""

    @asynccontextmanager
    async def opened(**settings: object) -> AsyncIterator[Stage]:
        async def fetch(image: Image) -> bytes:
            raise ChatError(f"no such picture: {image.name}")

        clock = VirtualClock()
        chosen = {"model": "openai/x", "model_api_base": llm.base_url, "model_attempts": 1, **settings}
        reasoner = with_fallbacks(
            config.load(None, **chosen), CallLog(accounts), fetch, ExtractiveReasoner(embedder), clock
        )
        await reasoner.warm()
        try:
            yield Stage(reasoner, clock)
        finally:
            await reasoner.close()

    return opened


def down(model: str, status: int = 500) -> Json:
    """A fixture: this model fails, whatever it is asked."""
    error = {"message": "out of order", "type": "server_error"}
    return {"match": {"model": model}, "response": {"error": error, "status": status}}


async def test_a_model_that_answers_needs_no_stand_in(llm: Aimock, stage: Opened) -> None:
    await llm.replace(GOOD)
    async with stage() as on:
        with capture_logs() as logs:
            assert await on.answered_by() == "openai/x"
        assert on.reasoner.name == "openai/x"
        assert [(state.model, state.state) for state in on.reasoner.states] == [("openai/x", "closed")]
    assert logs == []


@pytest.mark.parametrize("fault", ["drop", "malformed", "disconnect", "rate_limit"])
async def test_an_outage_is_answered_by_the_stand_in_which_says_so(llm: Aimock, stage: Opened, fault: str) -> None:
    await llm.replace(GOOD)
    rates: Json = {fault: 1.0}
    await llm.chaos(**rates)
    async with stage() as on:
        began = time.monotonic()
        assert await on.answered_by() == STOOD_IN
        assert time.monotonic() - began < 3.0
        assert (await on.reasoner.identify(TURN)).reason.endswith(UNAVAILABLE)
        await llm.calm()
        on.passes(PAUSE_SECONDS)
        await on.reasoner.identify(TURN)
        assert await on.answered_by() == "openai/x"


async def test_a_silent_model_costs_no_more_than_the_budget(llm: Aimock, stage: Opened, accounts: Database) -> None:
    await llm.replace(GOOD)
    await llm.chaos(latency_ms=20_000)
    async with stage(latency_budget=2.0) as on:
        began = time.monotonic()
        assert await on.answered_by() == STOOD_IN
        assert time.monotonic() - began < 2.0
    assert {call["error"].partition(":")[0] for call in await calls(accounts)} == {"timeout"}


async def test_what_understanding_used_is_gone_for_answering(llm: Aimock, stage: Opened) -> None:
    await llm.replace(GOOD)
    async with stage(latency_budget=4.0) as on:
        assert await on.answered_by() == "openai/x"
        await llm.chaos(latency_ms=1600)  # of 3 s: enough for one call after another only if both are quick
        identified, question = await asyncio.gather(on.reasoner.identify(TURN), on.reasoner.rewrite(TURN))
        assert UNAVAILABLE not in identified.reason
        assert question.text == "How is the port changed?"
        assert (await on.reasoner.answer(QUESTION, REFERENCES, TURN)).reasoner == STOOD_IN


async def test_the_next_model_is_asked_first(llm: Aimock, stage: Opened) -> None:
    await llm.replace([down("x"), down("y", 429), *GOOD])
    async with stage(fallback_models=("openai/y", "openai/z")) as on:
        assert await on.answered_by() == "openai/z"
        assert [(state.model, state.state) for state in on.reasoner.states] == [
            ("openai/x", "open"),
            ("openai/y", "open"),
            ("openai/z", "closed"),
        ]
        before = len(await llm.journal())
        assert await on.answered_by() == "openai/z"
        assert {request["model"] for request in (await llm.requests())[before:]} == {"z"}


async def test_a_slow_model_leaves_time_for_the_next(llm: Aimock, stage: Opened) -> None:
    slow = [{**fixture, "chaos": {"latencyMs": 10_000}} for fixture in GOOD]
    await llm.replace([*[{**one, "match": {**one["match"], "model": "y"}} for one in GOOD], *slow])
    async with stage(fallback_models="openai/y", latency_budget=6.0) as on:
        began = time.monotonic()
        assert await on.answered_by() == "openai/y"
        assert time.monotonic() - began < 6.0


async def test_a_model_that_keeps_failing_is_left_alone_and_its_recovery_noticed(llm: Aimock, stage: Opened) -> None:
    await llm.replace(GOOD)
    await llm.chaos(drop=1)
    async with stage() as on:
        assert await on.answered_by() == STOOD_IN
        (state,) = on.reasoner.states
        assert (state.state, state.failures) == ("open", OPENS_AFTER)
        assert "VIGIL_MODEL=openai/x" in state.last_error
        asked = len(await llm.journal())
        began = time.monotonic()
        assert await on.answered_by() == STOOD_IN
        assert time.monotonic() - began < 1.0
        assert len(await llm.journal()) == asked
        await llm.calm()
        on.passes(PAUSE_SECONDS)
        with capture_logs() as logs:
            assert await on.answered_by() == "openai/x"
        assert [log["model"] for log in logs if log["event"] == "model_recovered"] == ["openai/x"]
        assert on.reasoner.states[0].state == "closed"


async def test_every_model_has_its_own_breaker(llm: Aimock, stage: Opened) -> None:
    await llm.replace([down("small"), *GOOD])
    async with stage(model_identify="openai/small") as on:
        for _ in range(OPENS_AFTER):
            assert await on.answered_by() == "openai/x"
        assert [(state.model, state.state) for state in on.reasoner.states] == [
            ("openai/small", "open"),
            ("openai/x", "closed"),
        ]


async def test_a_cancelled_call_says_nothing_of_the_model(llm: Aimock, stage: Opened) -> None:
    await llm.replace(GOOD)
    await llm.chaos(latency_ms=3_000)
    async with stage() as on:
        for _ in range(OPENS_AFTER):
            thought = asyncio.create_task(on.reasoner.rewrite(TURN))
            await asyncio.sleep(0.1)
            thought.cancel()
            with pytest.raises(asyncio.CancelledError):
                await thought
        assert on.reasoner.states[0].failures == 0


@pytest.mark.parametrize("reply", ["certainly!", {"reasoning": "", "scope": "perhaps"}, "I can't help with that."])
async def test_nonsense_is_no_outage_but_the_stand_in_decides(llm: Aimock, stage: Opened, reply: object) -> None:
    await llm.replace([says("identify", reply)])
    async with stage() as on:
        for _ in range(OPENS_AFTER):
            assert (await on.reasoner.identify(TURN)).reason.endswith(UNAVAILABLE)
        assert on.reasoner.states[0].state == "closed"


async def test_a_wrong_key_is_told_and_served_around(llm: Aimock, stage: Opened) -> None:
    error = {"message": "bad key", "type": "authentication_error"}
    await llm.replace([{"match": {}, "response": {"error": error, "status": 401}}])
    async with stage() as on:
        assert await on.answered_by() == STOOD_IN
        assert on.reasoner.states[0].last_error.endswith("set or correct OPENAI_API_KEY")


async def test_learning_waits_for_a_model(llm: Aimock, stage: Opened) -> None:
    said = followed(["how?"], ("analyst", "like so"))
    await llm.replace(GOOD)
    await llm.chaos(drop=1)
    async with stage(model_timeout=2) as on:
        for _ in range(OPENS_AFTER):
            with pytest.raises(ModelUnavailable, match="the endpoint fails"):
                await on.reasoner.extract(said, QUESTION)
        with pytest.raises(ModelUnavailable, match="left alone"):
            await on.reasoner.review(said, Turn("t1", "s1", ("m1",), 1.0, question=QUESTION))
        await llm.calm()
        on.passes(PAUSE_SECONDS)
        assert (await on.reasoner.extract(said, QUESTION)).message_ids == ("m2",)


async def test_learning_may_ask_the_next_model(llm: Aimock, stage: Opened) -> None:
    await llm.replace([down("x"), *GOOD])
    async with stage(fallback_models="openai/y") as on:
        extraction = await on.reasoner.extract(followed(["how?"], ("analyst", "like so")), QUESTION)
    assert extraction.pair is not None


async def test_a_fallback_model_that_cannot_be_is_named_by_its_setting(stage: Opened) -> None:
    with pytest.raises(ConfigError, match=r"^VIGIL_FALLBACK_MODELS=nonsense/y: no such model"):
        async with stage(fallback_models="nonsense/y"):
            raise AssertionError("it must not start")


async def test_one_call_for_both_steps_falls_back_as_a_whole(llm: Aimock, stage: Opened) -> None:
    said = {"reasoning": "", "scope": "within_scope", "question": "How is the port changed?", "sub_questions": []}
    await llm.replace([says("understand", said), *GOOD])
    async with stage(one_call=True) as on:
        assert await on.answered_by() == "openai/x"
        assert len(await llm.journal()) == 2
        await llm.chaos(drop=1)
        assert await on.answered_by() == STOOD_IN


async def test_fallback_models_stand_in_for_something() -> None:
    with pytest.raises(ConfigError, match="VIGIL_FALLBACK_MODELS stand in for VIGIL_MODEL"):
        config.load(None, fallback_models="openai/y")


async def test_tickets_are_judged_by_the_stand_in_when_no_model_answers(llm: Aimock, stage: Opened) -> None:
    await llm.replace([down("x")])
    said = dialogue("The service is down, nobody at our company can log in since this morning, error 503.")
    async with stage() as on:
        graded = await on.reasoner.triage(said, shipped().menu)
        assert graded.category == "system_failure"
        assert graded.reason.endswith(UNAVAILABLE)
        assert "nobody at our company can log in" in await on.reasoner.problem(said)
        same = await on.reasoner.same_problem("Sign-in is down in Paris", "Sign-in is down in Tokyo")
        assert (same.same, same.reason) == (False, f"they name different regions {UNAVAILABLE}")
        assert await on.reasoner.joint_problem(["Sign-in is down."]) == "Sign-in is down."


async def test_nobody_stands_in_for_an_argument_that_a_model_will_be_tuned_on(llm: Aimock, stage: Opened) -> None:
    await llm.replace([down("x")])
    async with stage() as on:
        with pytest.raises(ModelUnavailable):
            await on.reasoner.argue(dialogue("The service is down."), shipped().menu, "system_failure")
