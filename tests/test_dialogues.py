"""A dialogue is a test: every file in tests/dialogues reads like the chat, with the outcomes expected.

customer carol: text        somebody writes
> answered VIGIL_PORT       the turn that follows ends so, and its card says that; `> no turn` expects silence
= learnt                    this is what the session's questions taught, in order, after the closing
accept|close|mute|unmute ann
thread 2                    the dialogue goes on in another thread
scope: text                 at the top: what the bot is for, and its own documentation is left out
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tests.scene import PLACE, Scene, staged
from vigilbot.chat.base import CardAccepted
from vigilbot.config import DEFAULT_SCOPE
from vigilbot.storage import cards, lessons, sessions

if TYPE_CHECKING:
    from vigilbot.chat.base import Command
    from vigilbot.models import Role

FILES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))
SAID = re.compile(r"(customer|analyst|bot) (\w+): (.+)")
EXPECTED = re.compile(r"> (no turn|[a-z_]+)(?: (\S.*))?")
DONE = re.compile(r"(accept|close|mute|unmute) (\w+)")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_dialogue(file: Path, folder: Path) -> None:
    text = file.read_text("utf-8")  # noqa: ASYNC240 - a small file, before anything runs
    lines = [line.split("   #")[0].strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    scope = lines.pop(0).removeprefix("scope: ") if lines[0].startswith("scope: ") else ""
    async with staged(folder, documented=not scope, scope=scope or DEFAULT_SCOPE) as scene:
        for line in lines:
            await play(scene, line)
        assert all(turn.outcome for turn in await scene.turns())


async def play(scene: Scene, line: str) -> None:
    if said := SAID.fullmatch(line):
        await scene.say(cast("Role", said[1]), said[3], author=said[2])
    elif expected := EXPECTED.fullmatch(line):
        await expect(scene, expected[1], expected[2] or "", line)
    elif line.startswith("= "):
        await scene.passes()
        taught = await lessons.of_session(scene.app.db, scene.place.session_id)
        assert [lesson.result for lesson in taught] == line[2:].split(), [lesson.reason for lesson in taught]
    elif line.startswith("thread "):
        scene.place = replace(PLACE, thread=line.removeprefix("thread "))
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
        session = await sessions.get(scene.app.db, scene.place.session_id)
        assert (session.state == "closed") == (what == "close")
        return
    card = (await cards.of_session(scene.app.db, scene.place.session_id))[-1]
    await scene.app.intake.receive(CardAccepted(f"click-{who}", scene.place, card.id, who, scene.clock.now()))
    await scene.passes()
    assert (await cards.get(scene.app.db, card.id)).accepted_by == who
