"""What analysts said goes with the session or the person it is about, and an analyst can be forgotten too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.knowledge.curation.test_forget import (
    CANARY,
    CAROL,
    DAN,
    FIRST,
    OTHERS,
    SECOND,
    cited,
    hold,
    knowing,
    residue,
    teach,
)
from tests.knowledge.entries import document
from vigilbot.errors import NotFound
from vigilbot.knowledge.curation.forget import forget
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
    MissingKnowledge,
    Preference,
    Signal,
    Source,
    Statement,
    Suggestion,
)
from vigilbot.storage import annotations as stored
from vigilbot.storage import gaps, requests, suggestions
from vigilbot.storage.forgetting.target import Target
from vigilbot.storage.requests import Alternative

if TYPE_CHECKING:
    from pathlib import Path

    import aiosqlite

    from vigilbot.chat.base import Place
    from vigilbot.embedding.base import Embedder
    from vigilbot.storage.database import Database

TABLES = ("annotations", "annotation_flags", "annotation_requests", "alternatives", "signals", "suggestions", "gaps")


async def judged(tx: aiosqlite.Connection, place: Place, said: str, analyst: str, flag: str) -> None:
    """A row in every table of annotations about the turn that `hold` has stored there."""
    session, turn = place.session_id, f"turn-{place.thread}"
    given, other = (Candidate(f"{word} {said}", "x", "given") for word in ("Use", "Leave"))
    statements: tuple[Statement, ...] = (
        Preference(given, other, "left", "better", said),
        Adoption("edited", (), said, said, f"not {said}"),
        MissingKnowledge(said),
    )
    for number, statement in enumerate(statements):
        id_ = f"{turn}-{number}"
        await stored.add(tx, Annotation(id_, session, turn, analyst, EVERYONE, statement, True, 3.0, 4.0))
        await stored.flag(tx, Flag(id_, "openai/x", flag, 5.0))
    await requests.ask(tx, turn, analyst, 3.0)
    await requests.add_alternative(tx, Alternative(turn, other, given_left=True, created_at=3.0))
    await stored.notice(tx, Signal("own_answer", session, turn, analyst, "m2", 0.5, 4.0))
    await gaps.open_gap(tx, Gap(f"gap-{turn}", session, turn, said, said, EVERYONE, "open", analyst, 4.0))
    parts, sources = (AnswerPart(said, f"{said} [1]"),), (Source(1, "doc", said, "", said),)
    await suggestions.add(tx, Suggestion(f"offer-{turn}", session, turn, parts, sources, "x", "suggest", "open", 3.0))


async def held(db: Database) -> None:
    """Carol's session, which ann has judged, and Dan's, which ben has; a judge has named them in its reasons."""
    known = cited(document("doc", f"All about {OTHERS}."))
    await hold(db, FIRST, CAROL, CANARY, known)
    await hold(db, SECOND, DAN, OTHERS, known)
    async with db.transaction() as tx:
        await judged(tx, FIRST, CANARY, "ann", f"careless: {CAROL} asked about {CANARY}")
        await judged(tx, SECOND, OTHERS, "ben", "contradictory: ann said the opposite")
        await requests.snooze(tx, "ann", 99.0)
        await suggestions.choose(tx, DeliveryChoice(Audience(f"customer:{CAROL}"), "shadow", "ben", 1.0))
        await suggestions.choose(tx, DeliveryChoice(EVERYONE, "suggest", "ann", 1.0))


async def counts(db: Database) -> dict[str, int]:
    rows = {table: await db.row(f"SELECT count(*) AS n FROM {table}") for table in TABLES}  # noqa: S608 - constants
    return {table: row["n"] for table, row in rows.items() if row}


async def test_a_forgotten_session_takes_what_was_said_about_it(tmp_path: Path, embedder: Embedder) -> None:
    async with knowing(tmp_path, embedder) as knowledge:
        await teach(knowledge, document("doc", f"All about {OTHERS}."))
        await held(knowledge.db)
        assert set((await counts(knowledge.db)).values()) == {2, 6}
    assert residue(tmp_path, CANARY.encode())
    await forget(tmp_path, Target("session", FIRST.session_id), 9.0)
    assert residue(tmp_path, CANARY.encode()) == []
    async with knowing(tmp_path, embedder) as knowledge:
        assert set((await counts(knowledge.db)).values()) == {1, 3}
        assert {said.session_id for said in await stored.since(knowledge.db)} == {SECOND.session_id}


async def test_a_forgotten_customer_takes_what_was_said_about_their_turns(tmp_path: Path, embedder: Embedder) -> None:
    async with knowing(tmp_path, embedder) as knowledge:
        await teach(knowledge, document("doc", f"All about {OTHERS}."))
        await held(knowledge.db)
    await forget(tmp_path, Target("person", CAROL), 9.0)
    assert residue(tmp_path, CANARY.encode(), CAROL.encode()) == []
    async with knowing(tmp_path, embedder) as knowledge:
        assert {said.analyst for said in await stored.since(knowledge.db)} == {"ben"}
        assert set(await suggestions.choices(knowledge.db)) == {EVERYONE}
        assert [gap.question for gap in await gaps.listed(knowledge.db)] == ["(forgotten)", OTHERS]


async def test_who_is_known_from_nothing_at_all_cannot_be_forgotten(tmp_path: Path, embedder: Embedder) -> None:
    async with knowing(tmp_path, embedder) as knowledge:
        await teach(knowledge, document("doc", f"All about {OTHERS}."))
        await held(knowledge.db)
    with pytest.raises(NotFound, match="nothing comes from person zoe"):
        await forget(tmp_path, Target("person", "zoe"), 9.0)


async def test_a_forgotten_analyst_is_named_nowhere_and_what_others_said_stays(
    tmp_path: Path, embedder: Embedder
) -> None:
    async with knowing(tmp_path, embedder) as knowledge:
        await teach(knowledge, document("doc", f"All about {OTHERS}."))
        await held(knowledge.db)
    await forget(tmp_path, Target("person", "ann"), 9.0)
    async with knowing(tmp_path, embedder) as knowledge:
        assert {said.analyst for said in await stored.since(knowledge.db)} == {"ben"}
        assert {flag.reason for flag in await stored.flags(knowledge.db)} == {"(forgotten)"}
        assert [gap.opened_by for gap in await gaps.listed(knowledge.db)] == ["(forgotten)", "ben"]
        assert [signal.person for signal in await stored.signals(knowledge.db)] == ["ben"]
        assert await requests.snoozed(knowledge.db, "ann") == 0.0
        assert (await suggestions.choices(knowledge.db))[EVERYONE].chosen_by == "(forgotten)"
        for table in TABLES:
            rows = await knowledge.db.rows(f"SELECT * FROM {table}")  # noqa: S608 - constants
            assert [row for row in rows if "ann" in map(str, tuple(row))] == []
