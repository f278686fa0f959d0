"""Every version knows where it comes from, and keeps what the version before it rested on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.knowledge.entries import BY, document, pair, random_vectors
from vigilbot.models import Origin
from vigilbot.storage import entries

if TYPE_CHECKING:
    from vigilbot.storage.database import Database
    from vigilbot.storage.entries import Change, NewVersion

FIRST = Origin("slack-C1-1", "t1", ("10", "11"), ("ann",), verdict="update")
SECOND = Origin("slack-C1-2", message_ids=("20",), people=("ann", "ben"))
PAGE = Origin("slack-C1-2", url="https://example.org/page")


async def write(db: Database, new: NewVersion, by: Change) -> None:
    async with db.transaction() as tx:
        await entries.write(tx, [new], random_vectors(1, 4), "test", by)


async def test_an_origin_comes_back_as_it_was_given(db: Database) -> None:
    await write(db, pair("p", "How?", "So."), replace(BY, origins=(FIRST, PAGE)))
    [past] = await entries.history(db, "p")
    assert past.origins == past.change.origins == (FIRST, PAGE)


async def test_a_merge_rests_on_both_sources_and_says_which_one_it_brought(db: Database) -> None:
    await write(db, pair("p", "How?", "So."), replace(BY, origins=(FIRST,)))
    await write(db, pair("p", "How?", "So, or so."), replace(BY, origins=(SECOND,)))
    merged, first = await entries.history(db, "p")
    assert (first.origins, first.change.origins) == ((FIRST,), (FIRST,))
    assert (merged.origins, merged.change.origins) == ((FIRST, SECOND), (SECOND,))


async def test_the_same_source_twice_is_one_origin(db: Database) -> None:
    for answer in ("So.", "So, rather."):
        await write(db, pair("p", "How?", answer), replace(BY, origins=(FIRST,)))
    assert [past.origins for past in await entries.history(db, "p")] == [(FIRST,), (FIRST,)]
    assert len(await db.rows("SELECT id FROM origins")) == 1


async def test_a_version_built_on_an_earlier_one_leaves_the_later_sources_behind(db: Database) -> None:
    await write(db, pair("p", "How?", "So."), replace(BY, origins=(FIRST,)))
    await write(db, pair("p", "How?", "Wrong."), replace(BY, origins=(SECOND,)))
    await write(db, replace(pair("p", "How?", "So."), built_on=1), BY)
    await write(db, replace(pair("p", "How?", "New."), built_on=0), BY)
    assert [past.origins for past in await entries.history(db, "p")] == [(), (FIRST,), (FIRST, SECOND), (FIRST,)]


async def test_a_retirement_has_its_origin_too_and_a_document_needs_none(db: Database) -> None:
    await write(db, document("d", "Text."), BY)
    async with db.transaction() as tx:
        await entries.retire(tx, ["d"], replace(BY, why="misled", origins=(FIRST,)))
    retired, written = await entries.history(db, "d")
    assert (retired.status, retired.change.origins, written.origins) == ("retired", (FIRST,), ())
