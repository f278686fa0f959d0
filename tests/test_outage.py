"""The model is down for a while: no turn is lost, passages are quoted in time and marked, recovery is noticed.

The whole bot, real litellm against a real endpoint; only what the model says is scripted.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from tests.reasoning.prompted.conftest import Json, says
from tests.scene import staged
from tests.standins.aimock import Aimock, aimock
from vigilbot import config
from vigilbot.errors import ChatError
from vigilbot.reasoning.breaker import PAUSE_SECONDS
from vigilbot.reasoning.extractive import ExtractiveReasoner
from vigilbot.reasoning.fallback import UNAVAILABLE, FallbackReasoner, with_fallbacks
from vigilbot.runtime.clock import VirtualClock
from vigilbot.storage.calls import CallLog
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.scene import Scene
    from vigilbot.embedding.base import Embedder
    from vigilbot.models import Image

BUDGET = 3.0
SCOPED = {"reasoning": "because", "scope": "within_scope"}
REWRITTEN = {"reasoning": "because", "question": "What does vigilbot doctor check?", "sub_questions": []}
ANSWERED = {
    "reasoning": "because",
    "answers": [{"question": 1, "refused": False, "text": "Tokens, scopes, index and model <doc_1>."}],
}
FIXTURES = [says("identify", SCOPED), says("rewrite", REWRITTEN), says("answer", ANSWERED)]
QUESTIONS = (
    "How do I change the port of the vigilbot console?",
    "Which environment variable sets the vigilbot data folder?",
    "How do I change the port of the vigilbot console?",
    "How long does vigilbot wait until an idle session is closed?",
)
OUTAGES: dict[str, Json] = {
    "429": {"rate_limit": 1},
    "500": {"drop": 1},
    "garbage": {"malformed": 1},
    "dropped connections": {"disconnect": 1},
    "silence": {"latency_ms": 20_000},
}


async def _no_pictures(image: Image) -> bytes:
    raise ChatError(f"no such picture: {image.name}")


@asynccontextmanager
async def _staged(
    llm: Aimock, folder: Path, embedder: Embedder, clock: VirtualClock
) -> AsyncIterator[tuple[Scene, FallbackReasoner]]:
    """`clock` is the breakers' own."""
    settings = config.load(None, model="openai/scripted", model_api_base=llm.base_url, latency_budget=BUDGET)
    accounts = await Database.open(folder / "accounts.db")
    reasoner = with_fallbacks(settings, CallLog(accounts), _no_pictures, ExtractiveReasoner(embedder), clock)
    async with staged(folder, reasoner=reasoner) as scene:
        await reasoner.warm()
        yield scene, reasoner
    await accounts.close()


async def _ask(scene: Scene, question: str) -> None:
    await scene.say("analyst", "let me look")
    await scene.say("customer", question)
    await scene.passes()


@pytest.mark.parametrize("outage", OUTAGES)
async def test_an_outage_loses_no_turn_and_its_end_is_noticed(folder: Path, embedder: Embedder, outage: str) -> None:
    clock = VirtualClock()
    async with aimock(FIXTURES) as llm, _staged(llm, folder, embedder, clock) as (scene, reasoner):
        await llm.chaos(**OUTAGES[outage])
        for question in QUESTIONS:
            await _ask(scene, question)
        turns = await scene.turns()
        assert [turn.outcome for turn in turns][:3:2] == ["answered", "duplicate"]
        assert {turn.outcome for turn in turns} <= {"answered", "duplicate", "refused"}
        assert len(turns) == len(QUESTIONS)
        assert max(turn.timings["total"] for turn in turns) < BUDGET * 1000
        assert {card.reasoner for card in scene.platform.posted} == {f"extractive {UNAVAILABLE}"}
        assert [state.state for state in reasoner.states] == ["open"]

        await llm.calm()
        clock.advance_to(clock.now() + PAUSE_SECONDS)
        with capture_logs() as logs:
            await _ask(scene, "What does vigilbot doctor check?")
        assert "model_recovered" in [log["event"] for log in logs]
        assert [state.state for state in reasoner.states] == ["closed"]
        assert (await scene.turns())[-1].outcome == "answered"
        assert scene.platform.posted[-1].reasoner == "openai/scripted"


async def test_replies_that_are_nonsense_are_no_guess_but_a_quotation(folder: Path, embedder: Embedder) -> None:
    nonsense = [{"match": {}, "response": {"content": "certainly!"}}]
    async with aimock(nonsense) as llm, _staged(llm, folder, embedder, VirtualClock()) as (scene, reasoner):
        await _ask(scene, QUESTIONS[0])
        (card,) = scene.platform.posted
        assert card.reasoner == f"extractive {UNAVAILABLE}"
        assert "VIGIL_PORT" in card.parts[0].text
        assert [state.state for state in reasoner.states] == ["closed"]
