"""The list of entries as people look through it: every status, filtered, latest change first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.storage.entries import entry_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator

    from vigilbot.models import Audience, Entry, EntryKind, EntryStatus
    from vigilbot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Filter:
    """What an entry must fulfil to be listed; an empty field lets everything through."""

    words: str = ""
    """Each of them stands in the title, the question, the text or the source."""
    kind: EntryKind | None = None
    audience: Audience | None = None
    status: EntryStatus | None = None
    source: str = ""
    """A part of the current version's source, or of its document's location."""
    session: str = ""
    url: str = ""
    person: str = ""
    """These three name an origin of the current version."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list, and how many entries the whole of it has."""

    entries: list[Entry]
    total: int


BLOCK = 500

ORIGIN = """EXISTS (SELECT 1 FROM version_origins vo JOIN origins o ON o.id = vo.origin_id
                    WHERE vo.entry_seq = c.seq AND vo.version = c.version AND {})"""


async def listed(db: Database, wanted: Filter, *, limit: int, offset: int = 0) -> Listing:
    """The entries that pass the filter, the one changed last first."""
    where, parameters = _where(wanted)
    rows = await db.rows(
        f"SELECT * FROM current_entries c WHERE {where} ORDER BY updated_at DESC, seq DESC LIMIT ? OFFSET ?",  # noqa: S608 - constants
        (*parameters, limit, offset),
    )
    counted = await db.row(f"SELECT count(*) AS n FROM current_entries c WHERE {where}", parameters)  # noqa: S608 - constants
    return Listing([entry_of(row) for row in rows], counted["n"] if counted else 0)


async def each(db: Database, wanted: Filter) -> AsyncIterator[Entry]:
    """All entries that pass the filter, oldest first, read a block at a time."""
    where, parameters = _where(wanted)
    last = 0
    while rows := await db.rows(
        f"SELECT * FROM current_entries c WHERE {where} AND seq > ? ORDER BY seq LIMIT ?",  # noqa: S608 - constants
        (*parameters, last, BLOCK),
    ):
        for row in rows:
            yield entry_of(row)
        last = rows[-1]["seq"]


async def statuses(db: Database, ids: Collection[str]) -> dict[str, EntryStatus]:
    """What has become of these entries by now; those that were forgotten are missing."""
    rows = await db.rows(
        "SELECT id, status FROM current_entries WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
    )
    return {row["id"]: row["status"] for row in rows}


def _where(wanted: Filter) -> tuple[str, list[str]]:
    """A condition made of constants, and the values for its question marks."""
    conditions = list(_conditions(wanted))
    return " AND ".join(condition for condition, _ in conditions), [value for _, group in conditions for value in group]


def _conditions(wanted: Filter) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "1", ()
    for column, value in (("kind", wanted.kind), ("audience", wanted.audience), ("status", wanted.status)):
        if value:
            yield f"c.{column} = ?", (value,)
    for word in wanted.words.split():
        yield "(c.title || ' ' || c.question || ' ' || c.text || ' ' || c.source) LIKE ? ESCAPE '\\'", (_inside(word),)
    if wanted.source:
        place = "SELECT 1 FROM documents d WHERE d.id = c.document_id AND d.location LIKE ? ESCAPE '\\'"
        yield f"(c.source LIKE ? ESCAPE '\\' OR EXISTS ({place}))", (_inside(wanted.source), _inside(wanted.source))
    if wanted.session:
        yield ORIGIN.format("o.session_id = ?"), (wanted.session,)
    if wanted.url:
        yield ORIGIN.format("o.url = ?"), (wanted.url,)
    if wanted.person:
        people = "EXISTS (SELECT 1 FROM origin_people p WHERE p.origin_id = o.id AND p.person = ?)"
        yield ORIGIN.format(people), (wanted.person,)


def _inside(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
