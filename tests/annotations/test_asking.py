"""Who is asked, how often, and what becomes of what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import pytest_asyncio

from tests.annotations.scene import ANSWER, PASSAGES, ask, support
from tests.knowledge.entries import BY
from vigilbot.annotations.asking import SECONDS_A_DAY, Sampling
from vigilbot.chat.analysts import Answers
from vigilbot.errors import DecisionRefused, NotFound
from vigilbot.models import EVERYONE, Audience, Candidate, Question, Session, Turn
from vigilbot.storage import annotations as stored
from vigilbot.storage import gaps, requests, sessions, turns
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TURNS = [UUID(int=number * 7919).hex for number in range(1_000)]


@pytest_asyncio.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "a.db")
    async with opened.transaction() as tx:
        await sessions.save(tx, Session("s", "console", "room", "1", "title", "engaged", 1.0, active_at=1.0))
        for turn in TURNS:
            await turns.open_turn(tx, Turn(turn, "s", (), created_at=1.0))
    yield opened
    await opened.close()


async def test_one_turn_in_five_is_asked_about_over_a_thousand(db: Database) -> None:
    sampling = Sampling(0.2, cap=10_000)
    async with db.transaction() as tx:
        asked = [bool(await sampling.ask(tx, turn, ["ann", "ben"], float(at))) for at, turn in enumerate(TURNS)]
        assert await requests.asked(tx, "ann", 0) == await requests.asked(tx, "ben", 0) == sum(asked)
    assert 160 <= sum(asked) <= 240
    assert [sampling.chosen(turn) for turn in TURNS] == asked  # the same after a restart


async def test_nobody_is_asked_beyond_the_cap_in_any_day_and_not_at_all_while_snoozing(db: Database) -> None:
    sampling, apart = Sampling(1.0, cap=7), SECONDS_A_DAY / 100
    times: list[float] = []
    async with db.transaction() as tx:
        await requests.snooze(tx, "ann", until=SECONDS_A_DAY)
        for place, turn in enumerate(TURNS):
            if await sampling.ask(tx, turn, ["ann"], place * apart):
                times.append(place * apart)
    assert times[0] >= SECONDS_A_DAY
    assert len(times) == 7 * 9  # 1,000 turns are ten days; the first was snoozed
    assert all(sum(at <= other < at + SECONDS_A_DAY for other in times) <= 7 for at in times)


async def test_a_share_of_none_asks_nobody(db: Database) -> None:
    async with db.transaction() as tx:
        assert [await Sampling(0, 10).ask(tx, turn, ["ann"], 0.0) for turn in TURNS[:50]] == [[]] * 50


async def test_every_analyst_of_the_session_is_asked_and_nothing_goes_to_the_thread(tmp_path: Path) -> None:
    other = "Look at the corner of the room.<doc_1>"
    async with support(tmp_path, ANSWER, other, annotate_share=1) as scene:
        assert await ask(scene) == "answered"
        assert [who for _, who in scene.platform.requests] == ["ann", "ben"]
        [turn] = await scene.turns()
        form = await scene.app.analysts.form(turn.id, "ann")
        assert form.candidates
        assert set(form.candidates) == {ANSWER.replace("<doc_1>", ""), other.replace("<doc_1>", "")}
        left = form.candidates[0] == ANSWER.replace("<doc_1>", "")
        await scene.app.analysts.annotate(turn.id, "ann", Answers(grade="better", preferred="left"))
        await scene.app.analysts.annotate(turn.id, "ben", Answers(grade="tie", relevance={1: "partly", 99: "relevant"}))
        said = {(each.analyst, each.kind): each.statement for each in await stored.since(scene.app.db)}
        preference = said["ann", "preference"]
        assert preference.chosen.variant == ("given" if left else "other_references")  # type: ignore[union-attr]  # its kind is asked for
        assert set(said) == {("ann", "preference"), ("ben", "preference"), ("ben", "relevance")}
        assert len(scene.platform.posted) == 1
        assert scene.platform.notices == []


async def test_an_entry_that_was_retired_or_a_turn_that_is_gone_breaks_nothing(tmp_path: Path) -> None:
    async with support(tmp_path, annotate_share=0) as scene:
        await ask(scene)
        [turn] = await scene.turns()
        await scene.app.knowledge.retire([turn.references[0].entry_id], BY)
        await scene.command("close", "ann")
        await scene.app.analysts.annotate(
            turn.id, "ann", Answers(relevance={1: "relevant"})
        )  # after the session closed
        [annotation] = await stored.since(scene.app.db)
        assert annotation.audience == "everyone"
        with pytest.raises(DecisionRefused, match="Nothing was filled in"):
            await scene.app.analysts.annotate(turn.id, "ann", Answers(note=" ", lacking="\n"))
        with pytest.raises(DecisionRefused, match="which of the two"):
            await _with_second_answer(scene.app.db, turn.id)
            await scene.app.analysts.annotate(turn.id, "ann", Answers(grade="better"))
        with pytest.raises(NotFound):
            await scene.app.analysts.annotate("no-such-turn", "ann", Answers(use="used"))


@pytest.mark.parametrize(
    ("known", "learn_for", "audience"),
    [(False, "everyone", "channel:C1"), (True, "everyone", "everyone"), (True, "channel", "channel:C1")],
)
async def test_a_gap_reaches_no_further_than_what_it_was_made_from(
    tmp_path: Path, known: bool, learn_for: str, audience: str
) -> None:
    async with support(tmp_path, "", annotate_share=0, learn_for=learn_for) as scene:
        if not known:
            await scene.app.knowledge.retire([f"e{number}" for number, _ in enumerate(PASSAGES, start=1)], BY)
        assert await ask(scene, "Which port do the metrics have?") == "refused"
        [turn] = await scene.turns()
        assert bool(turn.references) == known
        await scene.app.analysts.annotate(turn.id, "ann", Answers(lacking="the port of the metrics"))
        [gap] = await gaps.listed(scene.app.db, "open")
        await scene.app.analysts.close_gap(gap.id, "ben", question="", answer="Acme's metrics are on port 9.", link="")
        [entry_id] = (await gaps.get(scene.app.db, gap.id)).entry_ids
        assert (gap.audience, (await scene.app.knowledge.get(entry_id)).audience) == (audience, audience)
        asked = Question("Which port do Acme's metrics have?")
        elsewhere = frozenset({EVERYONE, Audience("channel:C2")})
        found = await scene.app.knowledge.search(asked, audiences=elsewhere, limit=5)
        assert (entry_id in [reference.entry_id for reference in found]) == (audience == EVERYONE)


async def test_what_was_lacking_becomes_a_gap_an_analyst_fills_it_and_it_is_known(tmp_path: Path) -> None:
    async with support(tmp_path, "", annotate_share=0) as scene:
        assert await ask(scene, "Which port do the metrics have?") == "refused"
        [turn] = await scene.turns()
        await scene.app.analysts.annotate(turn.id, "ann", Answers(lacking="the port with password=Hunter2hunter2"))
        [gap] = await gaps.listed(scene.app.db, "open")
        assert "Hunter2" not in gap.lacking
        with pytest.raises(DecisionRefused, match="Write the answer"):
            await scene.app.analysts.close_gap(gap.id, "ben", question="", answer=" ", link="")
        await scene.app.analysts.close_gap(gap.id, "ben", question="", answer="They have port 9.", link="")
        with pytest.raises(DecisionRefused, match="ben has closed"):
            await scene.app.analysts.close_gap(gap.id, "ann", question="", answer="Port 10.", link="")
        [entry_id] = (await gaps.get(scene.app.db, gap.id)).entry_ids
        entry = await scene.app.knowledge.get(entry_id)
        assert (entry.kind, entry.text, entry.status) == ("qa", "They have port 9.", "active")
        [version] = await scene.app.knowledge.history(entry_id)
        assert (version.change.who, version.change.why) == ("ben", "filled a gap")


async def _with_second_answer(db: Database, turn: str) -> None:
    async with db.transaction() as tx:
        other = requests.Alternative(turn, Candidate("b", "x", "other_model"), given_left=True, created_at=0.0)
        await requests.add_alternative(tx, other)
