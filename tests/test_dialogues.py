"""A dialogue is a test: every file in tests/dialogues reads like the chat, with the outcomes expected.

customer carol: text        somebody writes
> answered VIGIL_PORT       the turn that follows ends so, and its card says that; `> no turn` expects silence
accept|close|mute|unmute ann
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tests.scene import PLACE, Scene, staged
from vigilbot.chat.base import CardAccepted
from vigilbot.storage import cards, sessions

if TYPE_CHECKING:
    from vigilbot.chat.base import Command
    from vigilbot.models import Role

FILES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))
SAID = re.compile(r"(customer|analyst|bot) (\w+): (.+)")
EXPECTED = re.compile(r"> (no turn|[a-z_]+)(?: (\S.*))?")
DONE = re.compile(r"(accept|close|mute|unmute) (\w+)")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_dialogue(file: Path, folder: Path) -> None:
    lines = file.read_text("utf-8").splitlines()  # noqa: ASYNC240 - a small file, before anything runs
    async with staged(folder) as scene:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                await play(scene, line.split("   #")[0].strip())
        assert all(turn.outcome for turn in await scene.turns())


async def play(scene: Scene, line: str) -> None:
    if said := SAID.fullmatch(line):
        await scene.say(cast("Role", said[1]), said[3], author=said[2])
    elif expected := EXPECTED.fullmatch(line):
        await expect(scene, expected[1], expected[2] or "", line)
    elif done := DONE.fullmatch(line):
        await do(scene, done[1], done[2])
    else:
        raise AssertionError(f"a dialogue has no such line: {line}")


async def expect(scene: Scene, outcome: str, text: str, line: str) -> None:
    before = {turn.id for turn in await scene.turns() if turn.outcome}
    posted = len(scene.platform.posted)
    await scene.passes()
    fresh = [turn for turn in await scene.turns() if turn.id not in before]
    if outcome == "no turn":
        assert not fresh, line
        return
    assert [turn.outcome for turn in fresh] == [outcome], f"{line}: {[(turn.outcome, turn.reason) for turn in fresh]}"
    assert len(scene.platform.posted) - posted == (outcome == "answered"), line
    if outcome == "answered":
        card = scene.platform.posted[-1]
        assert text in "\n".join(part.text for part in card.parts), line
        assert card.sources, line


async def do(scene: Scene, what: str, who: str) -> None:
    if what != "accept":
        await scene.command(cast("Command", what), who)
        session = await sessions.get(scene.app.db, PLACE.session_id)
        assert (session.state == "closed") == (what == "close")
        return
    card = (await cards.of_session(scene.app.db, PLACE.session_id))[-1]
    await scene.app.intake.receive(CardAccepted(f"click-{who}", PLACE, card.id, who, scene.clock.now()))
    await scene.passes()
    assert (await cards.get(scene.app.db, card.id)).accepted_by == who
