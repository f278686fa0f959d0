"""A stage for what analysts decide and say: one thing is known, the thinking is scripted, everything else is real."""

from __future__ import annotations

from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.fakes import ScriptedReasoner
from tests.knowledge.entries import BY, document
from tests.scene import Scene, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

QUESTION = "How do I change the port of the console?"
ANSWER = "The console listens on the port that VIGIL_PORT names.<doc_1>"
PASSAGES = (
    "The console listens on the port that VIGIL_PORT names, 8008 by default.",
    "The port of the metrics page is the port of the console.",
    "A console of several rooms shows the port in its corner.",
)
TURNS = 12


@asynccontextmanager
async def support(folder: Path, *answers: str, **settings: Any) -> AsyncIterator[Scene]:
    """Every turn is within scope and gets the next of `answers`, or ANSWER."""
    script = ScriptedReasoner(
        scopes=deque(["within_scope"] * TURNS), answers=deque([*answers, *[ANSWER] * (TURNS - len(answers))])
    )
    async with staged(folder, script, documented=False, **settings) as scene:
        known = [document(f"e{number}", text) for number, text in enumerate(PASSAGES, start=1)]
        await scene.app.knowledge.put(known, BY)
        yield scene


async def ask(scene: Scene, question: str = QUESTION, **more: Any) -> str | None:
    """Two analysts join, a customer asks; returns the outcome."""
    await scene.say("analyst", "Hello, let me look", author="ann")
    await scene.say("analyst", "one moment", author="ben")
    await scene.say("customer", question, author="cara", **more)
    await scene.passes()
    return (await scene.turns())[-1].outcome
