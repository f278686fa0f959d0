"""What is collected to train from: said before implied, nothing flagged, nothing that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flywheel.said import adoption, relevance, say, turn_of
from tests.knowledge.entries import BY, document
from vigilbot.errors import FlywheelError
from vigilbot.flywheel.training.examples import collected
from vigilbot.flywheel.training.training import Order, train
from vigilbot.models import AnswerPart, Flag, Source, Suggestion
from vigilbot.storage import annotations as stored
from vigilbot.storage import suggestions

if TYPE_CHECKING:
    from vigilbot.knowledge.local import LocalKnowledge


async def furnish(knowledge: LocalKnowledge) -> None:
    await knowledge.put([document("disk", "Grow the volume."), document("bill", "Invoices come monthly.")], BY)


async def test_two_analysts_grades_become_their_mean_and_said_beats_implied(knowledge: LocalKnowledge) -> None:
    await furnish(knowledge)
    await turn_of(knowledge.db, 1)
    await say(knowledge.db, 1, relevance(disk="relevant", bill="not_relevant"))
    await say(knowledge.db, 1, relevance(disk="partly"), by="bob")
    await say(knowledge.db, 1, adoption())
    sources = (Source(1, "bill", "bill", "", "…"), Source(2, "disk", "disk", "", "…"))
    part = (AnswerPart("", "So [1][2]."),)
    async with knowledge.db.transaction() as tx:
        await suggestions.add(tx, Suggestion("g", "s1", "t1", part, sources, "x", "suggest", "posted", 5.0))

    [example] = (await collected(knowledge.db)).rows

    assert {mark.entry_id: mark.worth for mark in example.marks} == {"disk": 0.75, "bill": 0.0}
    assert (example.session_id, example.question.text) == ("s1", "How do I grow the disk?")
    assert example.tells


async def test_adopted_answers_speak_for_what_they_cite(knowledge: LocalKnowledge) -> None:
    await furnish(knowledge)
    await turn_of(knowledge.db, 1)
    await say(knowledge.db, 1, adoption("used"))
    part, sources = (AnswerPart("", "So [1]."),), (Source(1, "disk", "disk", "", "…"),)
    async with knowledge.db.transaction() as tx:
        await suggestions.add(tx, Suggestion("g", "s1", "t1", part, sources, "x", "suggest", "posted", 5.0))

    [example] = (await collected(knowledge.db)).rows

    assert example.marks == (("disk", 1.0),)
    assert not example.tells


async def test_what_is_flagged_or_no_longer_in_use_is_left_out_and_counted(knowledge: LocalKnowledge) -> None:
    await furnish(knowledge)
    for number in (1, 2):
        await turn_of(knowledge.db, number)
    await say(knowledge.db, 1, relevance(disk="relevant", bill="not_relevant"))
    careless = await say(knowledge.db, 2, relevance(disk="not_relevant"))
    async with knowledge.db.transaction() as tx:
        await stored.flag(tx, Flag(careless.id, "rules", "in one second", 11.0))
    await knowledge.retire(["bill"], BY)

    found = await collected(knowledge.db)

    assert [row.marks for row in found.rows] == [(("disk", 1.0),)]
    assert found.left_out == {"flagged by a judge": 1, "of entries no longer in use": 1}


async def test_too_few_annotations_say_how_many_are_needed(knowledge: LocalKnowledge) -> None:
    await furnish(knowledge)
    await turn_of(knowledge.db, 1)
    await say(knowledge.db, 1, relevance(disk="relevant", bill="not_relevant"))

    with pytest.raises(FlywheelError, match="1 of 20 questions with judged references; 19 more are needed"):
        await train(knowledge, Order("retriever", "ann"), 1.0, lambda *_: None)
