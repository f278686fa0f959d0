"""What analysts say is stored as it was said, one of a kind from each of them on each turn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from vigilbot.errors import NotFound
from vigilbot.models import (
    EVERYONE,
    Adoption,
    Annotation,
    AnswerPart,
    Audience,
    Candidate,
    DeliveryChoice,
    Flag,
    Gap,
    Judged,
    Message,
    MissingKnowledge,
    Preference,
    Relevance,
    Rewording,
    Session,
    Signal,
    Source,
    Statement,
    Suggestion,
    Turn,
)
from vigilbot.storage import annotations as stored
from vigilbot.storage import gaps, requests, sessions, suggestions, turns
from vigilbot.storage.database import Database
from vigilbot.storage.requests import Alternative

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SESSION = Session("s", "console", "room", "1", "title", "engaged", opened_at=1.0, active_at=1.0)
CHANNEL = Audience("channel:room")
GIVEN = Candidate("Restart it.<doc_1>", "extractive", "given", ("e1",))
OTHER = Candidate("Wait.<doc_2>", "extractive", "other_references", ("e1", "e2"))
STATEMENTS: tuple[Statement, ...] = (
    Preference(GIVEN, OTHER, "left", "slightly_better", "shorter"),
    Adoption("edited", ("incomplete",), "no port", "Restart it.[1]", "Restart it on 80.", (Rewording("", "on 80"),)),
    Relevance((Judged(1, "e1", 2, "relevant"), Judged(2, "e2", 1, "not_relevant"))),
    MissingKnowledge("which port it listens on"),
)
SUGGESTION = Suggestion(
    "g",
    "s",
    "t",
    (AnswerPart("How?", "Restart it.[1]"),),
    (Source(1, "e1", "Restarting", "", "…"),),
    "extractive",
    "suggest",
    "open",
    5.0,
)


@pytest_asyncio.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "a.db")
    async with opened.transaction() as tx:
        await sessions.save(tx, SESSION)
        for turn in ("t", "u"):
            await turns.open_turn(tx, Turn(turn, "s", (), created_at=1.0))
    yield opened
    await opened.close()


def said(statement: Statement, *, by: str = "ann", turn: str = "t", at: float = 10.0) -> Annotation:
    kind = type(statement).__name__
    return Annotation(f"{turn}-{by}-{kind}-{at}", "s", turn, by, EVERYONE, statement, True, at - 4, at)


async def add(db: Database, *made: Annotation) -> None:
    async with db.transaction() as tx:
        for annotation in made:
            await stored.add(tx, annotation)


async def test_every_kind_comes_back_as_it_was_said(db: Database) -> None:
    made = [said(statement, at=10.0 + place) for place, statement in enumerate(STATEMENTS)]
    await add(db, *made)
    assert await stored.since(db) == made
    assert [each.kind for each in made] == ["preference", "adoption", "relevance", "missing_knowledge"]
    assert await stored.since(db, 12.0) == made[2:]
    assert await stored.since(db, kind="adoption") == [made[1]]


async def test_what_was_made_of_private_knowledge_can_be_asked_for_alone(db: Database) -> None:
    private = replace(said(STATEMENTS[3], turn="u"), audience=CHANNEL)
    await add(db, said(STATEMENTS[3]), private)
    assert await stored.since(db, audience=CHANNEL) == [private]


async def test_two_analysts_on_one_turn_are_both_kept_and_saying_it_again_replaces(db: Database) -> None:
    first, second = said(Adoption("used")), said(Adoption("unused"), by="ben", at=11.0)
    await add(db, first, second)
    async with db.transaction() as tx:
        await stored.flag(tx, Flag(first.id, "rules", "in doubt", 12.0))
    assert [flag.reason for flag in await stored.flags(db)] == ["in doubt"]
    again = said(Adoption("unused", ("outdated",)), at=13.0)
    await add(db, again)
    assert await stored.of_turns(db, ["t", "u"]) == [second, again]
    assert await stored.flags(db) == []


async def test_a_preference_knows_which_was_chosen() -> None:
    assert Preference(GIVEN, OTHER, "right", "better").chosen == OTHER
    assert Preference(GIVEN, OTHER, "right", "better").rejected == GIVEN
    assert Preference(GIVEN, OTHER, None, "tie").chosen is None


async def test_a_signal_counts_once_for_each_message(db: Database) -> None:
    signal = Signal("own_answer", "s", "t", "ann", "m1", 0.81, 9.0)
    async with db.transaction() as tx:
        await stored.notice(tx, signal)
        await stored.notice(tx, replace(signal, noticed_at=10.0))
        await stored.notice(tx, replace(signal, message_id="m2", noticed_at=11.0))
    assert [found.message_id for found in await stored.signals(db)] == ["m1", "m2"]
    assert (await stored.signals(db))[0] == signal


async def test_a_gap_is_open_once_for_a_turn_and_closed_once(db: Database) -> None:
    gap = Gap("g1", "s", "t", "Which port?", "the port", EVERYONE, "open", "ann", 10.0)
    async with db.transaction() as tx:
        await gaps.open_gap(tx, gap)
        await gaps.open_gap(tx, replace(gap, id="g2", lacking="the port of the proxy", opened_by="ben"))
    [waiting] = await gaps.listed(db, "open")
    assert (waiting.id, waiting.lacking) == ("g1", "the port of the proxy")
    async with db.transaction() as tx:
        assert await gaps.close(tx, "g1", "closed", "cleo", 20.0, ["e9"])
        assert not await gaps.close(tx, "g1", "dropped", "ann", 21.0)
    closed = await gaps.get(db, "g1")
    assert (closed.state, closed.closed_by, closed.closed_at, closed.entry_ids) == ("closed", "cleo", 20.0, ("e9",))
    assert await gaps.listed(db, "open") == []
    with pytest.raises(NotFound):
        await gaps.get(db, "g2")


async def test_a_suggestion_waits_for_the_analysts_of_its_session_and_is_decided_once(db: Database) -> None:
    async with db.transaction() as tx:
        await suggestions.add(tx, SUGGESTION)
        await sessions.add_message(tx, Message("m", "s", "ann", "analyst", "let me look", 2.0), None)
    assert await suggestions.get(db, "g") == SUGGESTION
    assert await suggestions.open_for(db, "ann") == [SUGGESTION]
    assert await suggestions.open_for(db, "ben") == []
    async with db.transaction() as tx:
        assert await suggestions.decide(tx, "g", "declined", "ann", 6.0)
        assert not await suggestions.decide(tx, "g", "posted", "ben", 7.0)
    [decided] = await suggestions.of_session(db, "s")
    assert (decided.state, decided.decided_by) == ("declined", "ann")
    assert await suggestions.open_for(db, "ann") == []


async def test_a_choice_of_delivery_replaces_the_one_before(db: Database) -> None:
    async with db.transaction() as tx:
        await suggestions.choose(tx, DeliveryChoice(CHANNEL, "shadow", "ann", 1.0))
        await suggestions.choose(tx, DeliveryChoice(CHANNEL, "suggest", "ben", 2.0))
        await suggestions.choose(tx, DeliveryChoice(EVERYONE, "shadow", "ben", 3.0))
    assert (await suggestions.choices(db))[CHANNEL].mode == "suggest"
    assert len(await suggestions.choices(db)) == 2
    async with db.transaction() as tx:
        await suggestions.unchoose(tx, CHANNEL)
    assert list(await suggestions.choices(db)) == [EVERYONE]


async def test_whom_the_bot_has_asked_is_counted_and_a_second_answer_keeps_its_side(db: Database) -> None:
    kept = Alternative("t", OTHER, given_left=False, created_at=3.0)
    async with db.transaction() as tx:
        for turn, at in (("t", 5.0), ("t", 6.0), ("u", 9.0)):
            await requests.ask(tx, turn, "ann", at)
        assert await requests.asked(tx, "ann", 0.0) == 2
        assert await requests.asked(tx, "ann", 7.0) == 1
        await requests.snooze(tx, "ann", 99.0)
        assert await requests.snoozed_until(tx, "ann") == 99.0
        assert await requests.snoozed_until(tx, "ben") == 0.0
        await requests.add_alternative(tx, kept)
        await requests.add_alternative(tx, replace(kept, given_left=True))
    assert await requests.was_asked(db, "t", "ann")
    assert not await requests.was_asked(db, "t", "ben")
    assert await requests.alternative(db, "t") == kept
