"""litellm behind its gate: off the start-up path, silent, and never holding up the event loop."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.reasoning.prompted.conftest import dialogue, says
from vigilbot.errors import ModelRejected
from vigilbot.reasoning.prompted.gateway import Gateway

if TYPE_CHECKING:
    from tests.reasoning.prompted.conftest import Thinking
    from tests.standins.aimock import Aimock

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_importing_the_reasoner_loads_no_litellm() -> None:
    heavy = "{'litellm', 'openai', 'torch', 'transformers'}"
    code = f"import sys, vigilbot.reasoning.prompted; print(sorted({heavy} & set(sys.modules)))"
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


async def test_identify_and_rewrite_wait_for_the_model_together(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace(
        [
            says("identify", {"reasoning": "", "scope": "within_scope"}),
            says("rewrite", {"reasoning": "", "question": "q", "sub_questions": []}),
        ]
    )
    turn = dialogue("it stops with E1203")
    async with thinking() as reasoner:
        await reasoner.identify(turn)
        await llm.chaos(latency_ms=1500)
        began = time.monotonic()
        await asyncio.gather(reasoner.identify(turn), reasoner.rewrite(turn))
        assert time.monotonic() - began < 3.0  # which one after the other would take at the least


async def test_neither_prompts_nor_keys_are_logged(
    llm: Aimock,
    thinking: Thinking,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    await llm.replace([says("identify", {"reasoning": "", "scope": "within_scope"})])
    await llm.fail_next(500)
    async with thinking() as reasoner:
        await reasoner.identify(dialogue("canary-of-the-prompt"))
        await llm.replace([])
        await llm.fail_next(401, "bad key sk-canary-0123456789", "authentication_error")
        with pytest.raises(ModelRejected):
            await reasoner.identify(dialogue("canary-of-the-prompt"))
    out, err = capfd.readouterr()
    assert "canary" not in out + err + caplog.text
    assert "litellm" not in (out + err).lower()


async def test_litellm_is_loaded_once_for_all_who_wait() -> None:
    gateway = Gateway()
    await asyncio.gather(*(gateway.warm() for _ in range(5)))
    assert (await gateway.facts("gpt-4o")).sees_images
    assert not (await gateway.facts("gpt-3.5-turbo")).sees_images
    assert (await gateway.facts("openai/own-model")).sees_images
    await gateway.close()
