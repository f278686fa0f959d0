"""What a running bot tells Prometheus: everything promised is there, and nobody's words."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from tests.bot import running_bot
from tests.reasoning.prompted.conftest import says
from tests.standins.aimock import aimock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bot import Bot

QUESTION = "How do I change the port of the console, zanzibar?"
FIXTURES = [
    says("identify", {"reasoning": "quetzalcoatl", "scope": "within_scope"}),
    says("rewrite", {"reasoning": "quetzalcoatl", "question": "How is the console's port set?", "sub_questions": []}),
    says(
        "answer",
        {"reasoning": "quetzalcoatl", "answers": [{"question": 1, "refused": False, "text": "VIGIL_PORT <doc_1>."}]},
    ),
]
MODEL = "openai/scripted"
Sample = tuple[str, frozenset[tuple[str, str]]]

TOLD = [
    ("vigilbot_turns_total", {"outcome": "answered"}),
    *(("vigilbot_step_seconds_count", {"step": step}) for step in ("identify", "rewrite", "retrieve", "answer")),
    *(
        ("vigilbot_model_call_seconds_count", {"task": task, "model": MODEL, "result": "ok"})
        for task in ("identify", "rewrite", "answer")
    ),
    *(("vigilbot_model_tokens_total", {"model": MODEL, "direction": one}) for one in ("prompt", "completion")),
    ("vigilbot_model_cost_usd_total", {"model": MODEL}),
    ("vigilbot_model_circuit", {"model": MODEL}),
    *(("vigilbot_queue_depth", {"queue": queue}) for queue in ("inbox", "turns", "outbox", "jobs")),
    *(("vigilbot_queue_oldest_seconds", {"queue": queue}) for queue in ("inbox", "turns", "outbox", "jobs")),
    *(("vigilbot_loop_lag_seconds", {"quantile": share}) for share in ("0.5", "0.99", "1")),
    *(("vigilbot_fault", {"part": part}) for part in ("database", "index", "chat", "reasoner")),
    ("vigilbot_ready", {}),
]


async def test_every_metric_that_is_promised_is_told_by_the_running_bot(folder: Path) -> None:
    async with (
        aimock(FIXTURES) as llm,
        running_bot(folder, VIGIL_MODEL=MODEL, VIGIL_MODEL_API_BASE=llm.base_url, VIGIL_LATENCY_BUDGET="30") as bot,
    ):
        room = await bot.room()
        assert (await bot.say(room, "customer", QUESTION))[0] < 300
        assert await bot.outcomes(room, 1) == ["answered"]
        wanted = {sample(name, labels) for name, labels in TOLD}
        values = await scraped(bot, wanted)
        assert values[sample("vigilbot_turns_total", {"outcome": "answered"})] == 1
        assert values[sample("vigilbot_ready", {})] == 1
        assert values[sample("vigilbot_model_circuit", {"model": MODEL})] == 0


async def scraped(bot: Bot, wanted: set[Sample]) -> dict[Sample, float]:
    """All samples, once the wanted ones are among them: model calls are counted beside the turn."""
    deadline = time.monotonic() + 10
    while True:
        async with bot.http.get("/metrics") as response:
            text = await response.text()
        assert "zanzibar" not in text
        assert "quetzalcoatl" not in text
        families = text_string_to_metric_families(text)
        values = {sample(one.name, one.labels): one.value for family in families for one in family.samples}
        if wanted <= values.keys():
            return values
        assert time.monotonic() < deadline, sorted(wanted - values.keys())
        await asyncio.sleep(0.2)


def sample(name: str, labels: dict[str, str]) -> Sample:
    return name, frozenset(labels.items())
