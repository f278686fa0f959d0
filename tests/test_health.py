"""The watch over the process's health heals what can be healed without a restart."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from tests.knowledge.entries import BY, document
from tests.scene import staged
from vigilbot.app.health import Health
from vigilbot.errors import KnowledgeError
from vigilbot.models import EVERYONE

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.knowledge.local import LocalKnowledge

PATIENCE_SECONDS = 30.0


async def fails(*_: object) -> None:
    raise KnowledgeError("the index failed: no space left on device")


@pytest.mark.disk
async def test_what_the_index_missed_while_it_failed_is_found_again_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, documented=False) as scene:
        knowledge = scene.app.knowledge
        await knowledge.put([document("tea", "Tea is served at four.")], BY)
        with monkeypatch.context() as patch:
            patch.setattr(knowledge.serving.index, "add", fails)
            with pytest.raises(KnowledgeError):
                await knowledge.put([document("relay", "The relay trips at noon.")], BY)
        assert await nearest(knowledge) == "tea"
        watch = asyncio.create_task(Health(scene.app).watch())
        deadline = time.monotonic() + PATIENCE_SECONDS
        while await nearest(knowledge) != "relay":
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        assert not knowledge.behind
        watch.cancel()
        await asyncio.wait({watch})


async def nearest(knowledge: LocalKnowledge) -> str:
    """Which entry the vectors alone find; the words would hide what they lack."""
    [found] = await knowledge.nearest("when does the relay trip?", audiences=frozenset({EVERYONE}), limit=1)
    return found.entry_id
