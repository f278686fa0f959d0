"""What a process left unsaid is said by the next one only if nobody has answered in between."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.fakes import RecordingPlatform, ScriptedReasoner
from tests.scene import PLACE, staged
from vigilbot import config
from vigilbot.app import assembled
from vigilbot.chat.base import MessagePosted
from vigilbot.errors import ChatError, ChatRefused
from vigilbot.runtime.activity import let_pass
from vigilbot.runtime.clock import VirtualClock
from vigilbot.storage import turns

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.models import Session

QUESTION = "How do I change the port of the console?"
CITED = "Set VIGIL_PORT <doc_1>."
LATER = 1_700_000_060.0


@dataclass
class RememberingPlatform(RecordingPlatform):
    """Holds an analyst's answer that nobody has told; its first calls fail as scripted."""

    out_of_reach: deque[Exception] = field(default_factory=deque)

    async def catch_up(self, session: Session) -> list[str]:
        if self.out_of_reach:
            raise self.out_of_reach.popleft()
        assert self.intake
        text = "Set VIGIL_PORT to 9000 and restart it."
        said = MessagePosted("told late", PLACE, "0009", "ana", "analyst", text, LATER - 30)
        await self.intake(said)
        return [said.event_id]


@pytest.mark.parametrize("left", ["a turn", "a card"])
async def test_an_answer_that_an_analyst_has_given_meanwhile_is_not_given_again(folder: Path, left: str) -> None:
    await leave(folder, left)
    platform = RememberingPlatform(out_of_reach=deque([ChatError("not connected yet")]))
    assert await go_on(folder, platform) == [("overtaken", "ana answered first")]
    assert platform.posted == []


@pytest.mark.parametrize("left", ["a turn", "a card"])
async def test_what_was_left_is_said_though_its_thread_cannot_be_read(folder: Path, left: str) -> None:
    await leave(folder, left)
    platform = RememberingPlatform(out_of_reach=deque([ChatRefused("missing_scope")] * 2))
    assert [outcome for outcome, _ in await go_on(folder, platform)] == ["answered"]
    assert len(platform.posted) == 1


async def leave(folder: Path, what: str) -> None:
    """A bot that is stopped before it could answer, or before its card could be posted."""
    async with staged(folder, script()) as scene:
        scene.platform.failures.extend([ChatError("Slack is away")] * 100)
        await scene.say("analyst", "hi, let me look")
        await scene.say("customer", QUESTION)
        await scene.passes(10 if what == "a card" else 0)
        assert [turn.outcome for turn in await scene.turns()] == ["answered" if what == "a card" else None]


async def go_on(folder: Path, platform: RememberingPlatform) -> list[tuple[str | None, str]]:
    """The next process; returns outcomes and reasons."""
    clock = VirtualClock(LATER)
    settings = config.load(None, data_dir=folder, annotate_share=0)
    async with assembled(settings, clock=clock, reasoner=script(), platform=platform) as app:
        await app.knowledge.open()
        await platform.start(app.intake.receive)
        await app.intake.resume()
        await app.intake.deliver()
        await let_pass(30, clock, app.activity)
        return [(turn.outcome, turn.reason) for turn in await turns.of_session(app.db, PLACE.session_id)]


def script() -> ScriptedReasoner:
    return ScriptedReasoner(scopes=deque(["within_scope"]), answers=deque([CITED]))
