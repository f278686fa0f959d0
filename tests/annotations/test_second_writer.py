"""Whose the second answer is: another model's, another prompt's, or the same writer's from other references."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.entries import BY, document
from tests.reasoning.prompted.conftest import ASKS, says
from tests.scene import Scene, staged
from tests.standins.aimock import aimock
from tests.test_prompted_dialogue import answered, ask, model, rewritten, scope
from vigilbot import config
from vigilbot.app import assembled
from vigilbot.chat.analysts import Answers
from vigilbot.errors import ConfigError, PromptError
from vigilbot.flywheel.exports import preferences
from vigilbot.flywheel.exports.writing import Wanted
from vigilbot.models import Preference
from vigilbot.storage import annotations as stored

if TYPE_CHECKING:
    from vigilbot.models import Candidate

OURS = Path(__file__).parents[2] / "prompts" / "answer.md"
FIRST, SECOND = "Set VIGIL_PORT <doc_1>.", "Name another port <doc_1>, see https://evil.example <!channel>."
PASSAGES = ("VIGIL_PORT is the port of the console.", "The console's port is told by the settings page.")
Json = dict[str, Any]


def by(name: str, text: str) -> Json:
    """A fixture: this model answers so."""
    return {"match": {"userMessage": ASKS["answer"], "model": name}, "response": {"content": answered(text)}}


def thinking(*answers: Json) -> list[Json]:
    return [says("identify", scope("within_scope")), says("rewrite", rewritten()), *answers]


async def compared(scene: Scene) -> dict[str, Candidate]:
    """Ask, let an analyst prefer the answer on the left, and return both by variant."""
    await scene.app.knowledge.put([document(f"p{n}", text) for n, text in enumerate(PASSAGES)], BY)
    assert await ask(scene) == "answered"
    [turn] = await scene.turns()
    assert len(scene.platform.posted) == 1
    form = await scene.app.analysts.form(turn.id, "analyst")
    assert form.candidates
    assert all("<doc" not in text for text in form.candidates)
    await scene.app.analysts.annotate(turn.id, "analyst", Answers(grade="better", preferred="left"))
    [said] = [each.statement for each in await stored.since(scene.app.db) if isinstance(each.statement, Preference)]
    return {side.variant: side for side in (said.left, said.right)}


async def test_another_model_answers_from_the_same_references_and_the_export_says_whose_each_is(tmp_path: Path) -> None:
    fixtures = thinking(by("second", SECOND), by("scripted", FIRST))
    async with (
        aimock(fixtures) as llm,
        staged(
            tmp_path,
            documented=False,
            annotate_share=1,
            model_second_answer="openai/second",
            scope="the console",
            **model(llm),
        ) as scene,
    ):
        both = await compared(scene)
        given, other = both["given"], both["other_model"]
        assert (given.reasoner, other.reasoner) == ("openai/scripted", "openai/second")
        assert other.entries == given.entries != ()
        assert "[link removed]" in other.text
        assert "<!channel>" not in other.text
        [row], _ = await preferences.rows(scene.app.db, Wanted())
        sides = {row.fields["chosen_by"]["model"], row.fields["rejected_by"]["model"]}  # type: ignore[index]  # a dictionary, as exported
        assert sides == {"openai/scripted", "openai/second"}
        assert {body["model"] for body in await llm.requests()} == {"scripted", "second"}


async def test_another_prompt_is_named_by_its_file(tmp_path: Path) -> None:
    wording = tmp_path / "short.md"
    wording.write_text(OURS.read_text("utf-8").replace("Answer or refuse each question.", "Be brief."), "utf-8")
    brief = {"match": {"userMessage": "Be brief."}, "response": {"content": answered("VIGIL_PORT it is <doc_1>.")}}
    async with (
        aimock(thinking(brief, says("answer", answered(FIRST)))) as llm,
        staged(
            tmp_path / "data",
            documented=False,
            annotate_share=1,
            second_answer_prompt=wording,
            scope="the console",
            **model(llm),
        ) as scene,
    ):
        other = (await compared(scene))["other_prompt"]
        assert (other.reasoner, other.prompt, other.text) == (
            "openai/scripted",
            "short.md",
            "VIGIL_PORT it is <doc_1>.",
        )


async def test_where_the_second_model_fails_other_references_make_the_difference_and_nobody_hears_of_it(
    tmp_path: Path,
) -> None:
    broken = {
        "match": {"userMessage": ASKS["answer"], "model": "second"},
        "response": {"error": {"message": "no such model", "type": "invalid_request_error"}, "status": 404},
    }
    twice = [
        {
            "match": {"userMessage": ASKS["answer"], "model": "scripted", "sequenceIndex": place},
            "response": {"content": answered(text)},
        }
        for place, text in enumerate((FIRST, "The settings page tells it <doc_1>."))
    ]
    async with (
        aimock(thinking(broken, *twice)) as llm,
        staged(
            tmp_path,
            documented=False,
            annotate_share=1,
            model_second_answer="openai/second",
            scope="the console",
            **model(llm),
        ) as scene,
    ):
        both = await compared(scene)
        assert both["other_references"].reasoner == "openai/scripted"
        assert both["other_references"].entries != both["given"].entries
        assert scene.platform.notices == []


async def test_a_mistake_in_its_settings_is_one_line_at_the_start(tmp_path: Path) -> None:
    odd = config.load(None, data_dir=tmp_path / "a", model_second_answer="nobody-knows-this")
    async with assembled(odd) as app:
        assert app.second
        with pytest.raises(ConfigError, match=r"^VIGIL_MODEL_SECOND_ANSWER=nobody-knows-this: no such model"):
            await app.second.reasoner.warm()
    lacking = config.load(
        None, data_dir=tmp_path / "b", model="openai/x", second_answer_prompt=tmp_path / "no-such-file.md"
    )
    with pytest.raises(PromptError, match=r"no-such-file\.md: cannot be read"):
        async with assembled(lacking):
            pass
