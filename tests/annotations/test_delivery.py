"""Who sees an answer first: everybody, the session's analysts, or nobody; and what an analyst makes of a suggestion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.annotations.scene import ANSWER, ask, support
from vigilbot.errors import DecisionRefused
from vigilbot.models import Adoption, Audience
from vigilbot.storage import annotations as stored
from vigilbot.storage import cards, lessons, suggestions

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scene import Scene
    from vigilbot.models import DeliveryMode, Suggestion

CHANNEL = Audience("channel:C1")


async def suggested(scene: Scene) -> Suggestion:
    assert await ask(scene) == "answered"
    [suggestion] = await suggestions.of_session(scene.app.db, scene.place.session_id)
    return suggestion


async def test_a_suggestion_goes_to_the_sessions_analysts_alone(tmp_path: Path) -> None:
    async with support(tmp_path, delivery="suggest", annotate_share=0) as scene:
        suggestion = await suggested(scene)
        assert [(offer.suggestion, who) for offer, who in scene.platform.offers] == [
            (suggestion, "ann"),
            (suggestion, "ben"),
        ]
        assert suggestion.text == ANSWER.replace("<doc_1>", "[1]")
        assert scene.platform.posted == []
        assert scene.platform.notices == []
        assert scene.platform.requests == []


async def test_in_the_shadow_an_answer_is_stored_and_nobody_is_shown_or_asked_anything(tmp_path: Path) -> None:
    async with support(tmp_path, delivery="shadow", annotate_share=1) as scene:
        suggestion = await suggested(scene)
        assert (suggestion.mode, suggestion.state) == ("shadow", "open")
        shown = scene.platform
        assert [len(each) for each in (shown.posted, shown.offers, shown.requests, shown.notices)] == [0] * 4
        with pytest.raises(DecisionRefused):
            await scene.app.analysts.post(suggestion.id, "ann")


async def test_whoever_speaks_to_the_bot_where_it_only_suggests_is_told_so(tmp_path: Path) -> None:
    async with support(tmp_path, delivery="suggest", annotate_share=0) as scene:
        assert await ask(scene, addressed=True) == "answered"
        assert scene.platform.notices == ["I do not answer by myself here; an analyst will."]


async def test_posting_as_it_is_is_marked_as_the_analysts_choice_and_counts_as_sent(tmp_path: Path) -> None:
    async with support(tmp_path, delivery="suggest", annotate_share=0) as scene:
        suggestion = await suggested(scene)
        await scene.say("customer", "And how do I change the port of the console?", author="cara")
        await scene.passes()
        assert [turn.outcome for turn in await scene.turns()] == ["answered", "answered"]  # nothing was sent yet
        await scene.app.analysts.post(suggestion.id, "ann")
        await scene.passes()
        [card] = scene.platform.posted
        assert (card.chosen_by, card.parts, card.sources) == ("ann", suggestion.parts, suggestion.sources)
        await scene.say("customer", "Again: how do I change the port of the console?", author="cara")
        await scene.passes()
        assert (await scene.turns())[-1].outcome == "duplicate"
        [annotation] = await stored.since(scene.app.db)
        assert annotation.statement == Adoption("used", suggested=suggestion.text, sent=suggestion.text)


async def test_what_was_edited_is_posted_kept_as_a_difference_and_learnt(tmp_path: Path) -> None:
    async with support(tmp_path, delivery="suggest", annotate_share=0) as scene:
        suggestion = await suggested(scene)
        edited = suggestion.text + " Restart it afterwards, or the zebra setting stays."
        await scene.app.analysts.post(suggestion.id, "ann", edited)
        await scene.passes()
        [card] = scene.platform.posted
        assert [part.text for part in card.parts] == [edited]
        [annotation] = await stored.since(scene.app.db)
        assert isinstance(annotation.statement, Adoption)
        assert annotation.statement.use == "edited"
        assert [change.before for change in annotation.statement.changes] == [""]
        assert "zebra" in annotation.statement.changes[0].after
        await scene.command("close", "ann")
        assert scene.app.learner
        await scene.app.learner.work()
        [lesson] = await lessons.of_session(scene.app.db, scene.place.session_id)
        assert (lesson.result, lesson.reason) == ("accepted", "ann posted the answer")
        entry = await scene.app.knowledge.get(lesson.entries[0].entry_id)
        assert "zebra" in entry.text
        assert "[1]" not in entry.text


async def test_two_analysts_decide_on_one_suggestion_and_the_first_one_counts(tmp_path: Path) -> None:
    async with support(tmp_path, delivery="suggest", annotate_share=0) as scene:
        suggestion = await suggested(scene)
        await scene.app.analysts.decline(suggestion.id, "ann")
        with pytest.raises(DecisionRefused, match="ann has decided on this suggestion before: declined"):
            await scene.app.analysts.post(suggestion.id, "ben")
        assert scene.platform.posted == []
        [annotation] = await stored.since(scene.app.db)
        assert annotation.statement == Adoption("unused", suggested=suggestion.text)


async def test_nothing_is_posted_once_the_session_is_closed_or_when_nothing_is_written(tmp_path: Path) -> None:
    async with support(tmp_path, delivery="suggest", annotate_share=0) as scene:
        suggestion = await suggested(scene)
        with pytest.raises(DecisionRefused, match="empty"):
            await scene.app.analysts.post(suggestion.id, "ann", "  \n ")
        await scene.command("close", "ben")
        with pytest.raises(DecisionRefused, match="closed meanwhile"):
            await scene.app.analysts.post(suggestion.id, "ann", "Something else")
        assert await cards.of_session(scene.app.db, scene.place.session_id) == []
        assert await stored.since(scene.app.db) == []
        assert (await scene.app.analysts.home("ann")).offers == ()


async def test_a_suggestion_stands_down_when_an_analyst_answers_and_can_still_be_posted(tmp_path: Path) -> None:
    async with support(tmp_path, delivery="suggest", annotate_share=0) as scene:
        suggestion = await suggested(scene)
        assert [offer.suggestion.id for offer in (await scene.app.analysts.home("ann")).offers] == [suggestion.id]
        await scene.say("analyst", "Set VIGIL_PORT to another number and restart it.", author="ben")
        await scene.passes()
        assert (await suggestions.get(scene.app.db, suggestion.id)).state == "overtaken"
        assert (await scene.app.analysts.home("ann")).offers == ()
        [signal] = await stored.signals(scene.app.db)
        assert (signal.kind, signal.person) == ("own_answer", "ben")
        assert signal.likeness is not None
        assert signal.likeness > 0.4
        await scene.app.analysts.post(suggestion.id, "ann")
        await scene.passes()
        assert [card.chosen_by for card in scene.platform.posted] == ["ann"]


async def test_the_narrowest_choice_of_delivery_counts(tmp_path: Path) -> None:
    async with support(tmp_path, annotate_share=0) as scene:
        choose = scene.app.analysts.choose_delivery

        async def mode_now() -> DeliveryMode:
            async with scene.app.db.transaction() as tx:
                audiences = [Audience("everyone"), CHANNEL, Audience("customer:cara")]
                return await suggestions.mode_in(tx, audiences, "proactive")

        assert await mode_now() == "proactive"
        await choose(Audience("everyone"), "shadow", "ann")
        assert await mode_now() == "shadow"
        await choose(CHANNEL, "suggest", "ann")
        assert await mode_now() == "suggest"
        await choose(Audience("customer:cara"), "proactive", "ann")
        assert await mode_now() == "proactive"
        await choose(Audience("customer:cara"), None, "ann")
        assert await ask(scene) == "answered"
        assert len(scene.platform.offers) == 2


async def test_an_accept_of_a_posted_suggestion_is_a_signal(tmp_path: Path) -> None:
    async with support(tmp_path, annotate_share=0) as scene:
        assert await ask(scene) == "answered"
        await scene.say("customer", "Thanks. And which address does it listen on?", author="cara")
        await scene.passes()
        [signal] = await stored.signals(scene.app.db)
        assert (signal.kind, signal.person) == ("follow_up", "cara")
