"""The virtual judge looks at what was said once it is stored: it flags, labels nothing, and holds nobody up."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import pytest

from tests.annotations.scene import ask, support
from tests.fakes import ScriptedReasoner
from vigilbot.annotations import judging
from vigilbot.chat.analysts import Answers
from vigilbot.errors import ModelUnavailable
from vigilbot.models import AnnotationReview, MissingKnowledge
from vigilbot.storage import annotations as stored
from vigilbot.storage import suggestions

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scene import Scene
    from vigilbot.models import Annotation, AnnotationVerdict, Dialogue, Turn

SAID = Answers(lacking="how the port is named in a container")


def thinks(scene: Scene, *reviews: AnnotationReview | Exception) -> ScriptedReasoner:
    reasoner = scene.app.reasoner
    assert isinstance(reasoner, ScriptedReasoner)
    reasoner.annotation_reviews = deque(reviews)
    return reasoner


def review(verdict: AnnotationVerdict | None) -> AnnotationReview:
    return AnnotationReview(verdict, "passage 1 names it", "openai/x")


async def flagged(scene: Scene) -> list[tuple[str, str]]:
    await scene.app.activity.quiet()
    return [(flag.judge, flag.reason) for flag in await stored.flags(scene.app.db)]


@pytest.mark.parametrize(
    ("verdict", "flags"),
    [
        ("contradictory", [("openai/x", "contradictory: passage 1 names it")]),
        ("careless", [("openai/x", "careless: passage 1 names it")]),
        ("consistent", []),
        (None, []),
    ],
)
async def test_what_it_doubts_is_flagged_and_stays_as_it_was_said(
    tmp_path: Path, verdict: AnnotationVerdict | None, flags: list[tuple[str, str]]
) -> None:
    async with support(tmp_path) as scene:
        await ask(scene)
        [turn] = await scene.turns()
        reasoner = thinks(scene, review(verdict))
        await scene.app.analysts.annotate(turn.id, "ann", SAID)
        assert await flagged(scene) == flags
        [annotation] = await stored.since(scene.app.db)
        assert annotation.statement == MissingKnowledge(SAID.lacking)
        assert reasoner.doubted == [annotation]
        seen = reasoner.seen[-1]
        assert [message.id for message in seen.turn_messages] == list(turn.message_ids)
        assert "one moment" in [message.text for message in seen.messages]


async def test_what_posting_and_declining_say_is_looked_at_too(tmp_path: Path) -> None:
    async with support(tmp_path, delivery="suggest") as scene:
        await ask(scene)
        [suggestion] = await suggestions.of_session(scene.app.db, scene.place.session_id)
        thinks(scene, review("careless"))
        await scene.app.analysts.decline(suggestion.id, "ann")
        assert await flagged(scene) == [("openai/x", "careless: passage 1 names it")]


async def test_a_click_does_not_wait_and_an_annotation_said_anew_is_not_doubted_for_the_old_one(tmp_path: Path) -> None:
    async with support(tmp_path) as scene:
        await ask(scene)
        [turn] = await scene.turns()
        reasoner, hold = thinks(scene), asyncio.Event()

        async def slow(dialogue: Dialogue, turn: Turn, annotation: Annotation) -> AnnotationReview:
            await hold.wait()
            return review("careless" if annotation.statement == MissingKnowledge("no idea") else "consistent")

        reasoner.judge_annotation = slow  # type: ignore[method-assign]  # a judge that takes its time
        await scene.app.analysts.annotate(turn.id, "ann", Answers(lacking="no idea"))
        await scene.app.analysts.annotate(turn.id, "ann", SAID)
        assert len(await stored.since(scene.app.db)) == 1
        hold.set()
        assert await flagged(scene) == []


async def test_a_judge_that_is_down_or_silent_leaves_what_the_rules_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with support(tmp_path) as scene:
        await ask(scene)
        [turn] = await scene.turns()
        reasoner = thinks(scene, ModelUnavailable("down"))
        await scene.app.analysts.annotate(turn.id, "ann", Answers(lacking="stuff"))
        assert await flagged(scene) == [("rules", "it does not say what is lacking")]

        async def silent(dialogue: Dialogue, turn: Turn, annotation: Annotation) -> AnnotationReview:
            await asyncio.Event().wait()
            raise AssertionError("nobody waits for ever")

        monkeypatch.setattr(judging, "PATIENCE", 0.05)
        reasoner.judge_annotation = silent  # type: ignore[method-assign]  # a judge that never answers
        await scene.app.analysts.annotate(turn.id, "ben", SAID)
        assert await flagged(scene) == [("rules", "it does not say what is lacking")]
